"""Average the weights of a run with those of the run it started from.

    python scripts/reader/mix.py EARLIER.safetensors LATER.safetensors --share 0.7 -o MIXED.safetensors

Between a network and what further training made of it, the mean of both often reads strangers better
than either (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).
"""

import argparse
from pathlib import Path

from safetensors.torch import load_file, save

from fingerspell.files import write_atomically


def main() -> None:
    """Parse the command line and mix."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("earlier", type=Path)
    parser.add_argument("later", type=Path)
    parser.add_argument("--share", type=float, required=True, help="of the later run, 0 to 1")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    earlier, later = load_file(args.earlier), load_file(args.later)
    mixed = {
        name: weight.lerp(later[name], args.share) if weight.is_floating_point() else later[name]
        for name, weight in earlier.items()
    }
    write_atomically(args.output, save(mixed))


if __name__ == "__main__":
    main()
