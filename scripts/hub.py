"""Write a folder that a model hub takes: `python scripts/hub.py [FOLDER]`. Nothing is uploaded.

It holds the model, its card with the head that hubs read, its metadata, and examples in Python and
JavaScript.
"""

import json
import shutil
import sys
from pathlib import Path

from fingerspell.runtime.onnx_classifier import OnnxClassifier

ROOT = Path(__file__).parent.parent
MODEL = ROOT / "src" / "fingerspell" / "assets" / "reader.onnx"
HEAD = """---
license: apache-2.0
library_name: onnxruntime
pipeline_tag: image-classification
language: en
tags: [onnx, sign-language, fingerspelling, asl, hand-landmarks, accessibility]
---

# {name} {version}

```
python example.py photo.jpg      # pip install onnxruntime pillow
node example.mjs photo.ppm       # npm install onnxruntime-web
```

Inputs: `pictures`, uint8 RGB [N, height, width, 3] of any size; `state`, float32 [N, 792], zeros for
stills and a video's first frame, then the `next_state` of the frame before; `dt_s`, float32 [N],
seconds since that frame; `is_still`, bool [N]. Outputs: `probabilities` [N, 39], `joints` [N, 21, 2] as
fractions of width and height, `hand` [N], `next_state`. Classes: `config.json`, and the metadata of the
file.

"""


def main(target: Path) -> None:
    """Write the folder, which is made anew."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shutil.copy(MODEL, target)
    shutil.copy(ROOT / "LICENSE", target)
    for example in (Path(__file__).parent / "hub").iterdir():
        shutil.copy(example, target)
    about = OnnxClassifier().metadata
    (target / "config.json").write_text(json.dumps(about, indent=2) + "\n")
    _, card = (ROOT / "docs" / "model-card.md").read_text().split("\n", 1)
    (target / "README.md").write_text(HEAD.format(**about) + card.lstrip())
    print(f"{target}: {', '.join(sorted(path.name for path in target.iterdir()))}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist" / "hub"))
