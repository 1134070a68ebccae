r"""Turn trained weights into the model file the reader loads, proving that both say the same.

    python scripts/reader/export.py runs/reader/reader.safetensors DATA/aslalphabets_test \
        --version 0.4.0 -o src/fingerspell/assets/reader.onnx

The second argument is a folder of pictures on which PyTorch and ONNX Runtime must agree.
"""

import argparse
from pathlib import Path

from safetensors.torch import load_file

from fingerspell.export.onnx_file import About, export_model
from fingerspell.models.reader import HandNet, TwoLooks
from pictures import pictures_of
from samples import SOURCES, data_set
from train import SPEC


def main() -> None:
    """Parse the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("parity_pictures", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--name", default="fingerspell-reader")
    parser.add_argument("--version", required=True)
    parser.add_argument("--n-parity", type=int, default=200)
    parser.add_argument("--int8", action="store_true", help="layers compute in 8 bits")
    args = parser.parse_args()
    net = HandNet()
    net.load_state_dict(load_file(args.weights))
    pictures = pictures_of(args.parity_pictures, args.n_parity)
    about = About(args.name, args.version, sorted(set(map(data_set, SOURCES))))
    exported = export_model(TwoLooks(net, SPEC), args.output, about, pictures, int8=args.int8)
    print(
        f"wrote {args.output} ({exported.n_bytes / 1e6:.1f} MB); over {exported.n} pictures the "
        f"same class in {exported.same_class:.1%}, and no probability differs by more than "
        f"{exported.largest_difference:.1e}"
    )


if __name__ == "__main__":
    main()
