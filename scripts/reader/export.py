r"""Turn trained layers into the model file the reader loads, proving that both say the same.

    python scripts/reader/export.py DATA runs/reader/letters.safetensors runs/reader/shape.safetensors \
        DATA/aslalphabets_test --version 0.10.0 -o src/fingerspell/assets/reader.onnx

DATA holds what `mediapipe_weights.py` and `small_hands.py` took out. The second and third argument are
what `train.py` and `joint_letters.py` learned, the fourth is a folder of pictures on which PyTorch
and ONNX Runtime must agree.
"""

import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file

from fingerspell.export.onnx_file import About, export_model
from pictures import pictures_of
from pretrained import taught_reader
from samples import SOURCES, data_set, left_out_of


def main() -> None:
    """Parse the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("letters", type=Path)
    parser.add_argument("shape", type=Path)
    parser.add_argument("parity_pictures", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--name", default="fingerspell-reader")
    parser.add_argument("--version", required=True)
    parser.add_argument("--leave-out", default="", help="sets that were not trained on")
    parser.add_argument(
        "--licensed-only",
        action="store_true",
        help="it learned only from what is openly licensed; the network for small hands learned\n"
        "from more, and then has no say",
    )
    parser.add_argument("--n-parity", type=int, default=100)
    args = parser.parse_args()
    reader = taught_reader(args.data, args.letters, args.shape)
    reader.small.load_state_dict(load_file(args.data / "small_hands.safetensors"))
    if args.licensed_only:
        for part in reader.small.letter[-1].parameters():
            torch.nn.init.zeros_(part)
    left_out = left_out_of(args.leave_out, args.data, licensed_only=args.licensed_only)
    learned = set(map(data_set, SOURCES)) - left_out
    facts = {"pretrained": "MediaPipe Hands 0.10.21 (Apache-2.0)"}
    about = About(args.name, args.version, sorted(learned), facts)
    pictures = pictures_of(args.parity_pictures, args.n_parity)
    exported = export_model(reader, args.output, about, pictures, int8=True)
    print(
        f"wrote {args.output} ({exported.n_bytes / 1e6:.1f} MB); over {exported.n} pictures the "
        f"same class in {exported.same_class:.1%}, and no probability differs by more than "
        f"{exported.largest_difference:.1e}"
    )


if __name__ == "__main__":
    main()
