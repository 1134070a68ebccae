"""Find the faces of the people without hands, for `train.py` to put hands beside and before them.

Needs what `label_joints.py` needs; run it after `cut_out_hands.py`:

    uv run --no-project --isolated --python 3.11 --with mediapipe==0.10.21 \
        scripts/reader/label_faces.py DATA

For each `DATA/people/<set>/` of N pictures, `DATA/people/<set>.npz` holds `names` [N], `faces` (float32
[N, 3]: x and y of the middle, and the height, as fractions of the longer side; zeros where MediaPipe
finds none) and `skin` (float32 [N, 3]: RGB in 0..1 in the middle of the face).
"""

import argparse
from pathlib import Path

import cv2
import mediapipe as mp
import numpy as np


def find_face(detector, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Middle and height [3], and colour of the skin [3], of the surest face in a picture [H, W, 3]."""
    found = detector.process(rgb).detections
    if not found:
        return np.zeros(3), np.zeros(3)
    box = max(found, key=lambda each: each.score[0]).location_data.relative_bounding_box
    height, width = rgb.shape[:2]
    x, y = (box.xmin + box.width / 2) * width, (box.ymin + box.height / 2) * height
    reach = box.height * height / 5
    top, left = max(0, round(y - reach)), max(0, round(x - reach))
    middle = rgb[top : round(y + reach) + 1, left : round(x + reach) + 1]
    if not middle.size:
        return np.zeros(3), np.zeros(3)
    return np.array([x, y, box.height * height]) / max(rgb.shape), np.median(middle, (0, 1)) / 255


def main() -> None:
    """Parse the command line and look at set after set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    args = parser.parse_args()
    with mp.solutions.face_detection.FaceDetection(0, 0.5) as detector:
        for folder in sorted(path for path in (args.data / "people").iterdir() if path.is_dir()):
            names = sorted(path.name for path in folder.glob("*.jpg"))
            seen = [
                find_face(detector, np.ascontiguousarray(cv2.imread(str(folder / name))[..., ::-1]))
                for name in names
            ]
            faces, skin = (np.stack(column).astype(np.float32) for column in zip(*seen, strict=True))
            np.savez_compressed(folder.with_suffix(".npz"), names=names, faces=faces, skin=skin)
            print(
                f"{folder.name}: {np.count_nonzero(faces[:, 2])} faces in {len(names)} pictures",
                flush=True,
            )


if __name__ == "__main__":
    main()
