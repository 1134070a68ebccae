r"""Turn trained weights into the model file the reader loads, proving that both say the same.

    python scripts/reader/export.py runs/reader/reader.safetensors DATA/aslalphabets_test \
        --version 0.1.0 -o src/fingerspell/assets/reader.onnx

The second argument is a folder of pictures on which PyTorch and ONNX Runtime must agree.
"""

import argparse
from pathlib import Path

from safetensors.torch import load_file

from fingerspell.export import export_reader
from fingerspell.models.reader import HandNet, TwoLooks
from fingerspell.runtime.media.pictures import read_picture
from samples import SOURCES
from train import SPEC
from validate import pictures_of


def main() -> None:
    """Parse the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("parity_pictures", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--name", default="fingerspell-reader")
    parser.add_argument("--version", required=True)
    parser.add_argument("--n-parity", type=int, default=200)
    args = parser.parse_args()
    net = HandNet()
    net.load_state_dict(load_file(args.weights))
    pictures = [read_picture(path) for path in pictures_of(args.parity_pictures, args.n_parity)]
    difference = export_reader(
        TwoLooks(net, SPEC).eval(),
        args.output,
        name=args.name,
        version=args.version,
        training_data=sorted(SOURCES),
        parity_pictures=pictures,
    )
    size_mb = args.output.stat().st_size / 1e6
    print(
        f"wrote {args.output} ({size_mb:.1f} MB); over {len(pictures)} pictures no probability "
        f"differs by more than {difference:.1e}"
    )


if __name__ == "__main__":
    main()
