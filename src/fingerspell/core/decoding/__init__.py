"""From a class probability per frame to letters: small machines, which `decoder` puts together."""
