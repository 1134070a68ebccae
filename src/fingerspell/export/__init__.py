"""From a trained network to the one file the reader needs."""

import fingerspell.runtime  # noqa: F401  (switches ONNX Runtime's reports off, before it is imported)
