"""Read the letter in a picture with ONNX Runtime alone.

    python example.py photo.jpg

Needs `pip install onnxruntime pillow`. Videos, text and spelling: `pip install fingerspell`.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

session = onnxruntime.InferenceSession(Path(__file__).with_name("reader.onnx"))
classes = json.loads(session.get_modelmeta().custom_metadata_map["fingerspell"])["classes"]

picture = ImageOps.exif_transpose(Image.open(sys.argv[1])).convert("RGB")
pictures = np.asarray(picture)[None]  # uint8 [1, height, width, 3]: the graph resizes and normalises
# A video begins with a state of zeros, too, and gives back `next_state` with each frame.
[width] = [each.shape[1] for each in session.get_inputs() if each.name == "state"]
given = {
    "pictures": pictures,
    "state": np.zeros((1, width), np.float32),
    "dt_s": np.zeros(1, np.float32),  # seconds since the frame before
    "is_still": np.ones(1, bool),
}
probabilities, joints, hand, next_state = session.run(None, given)

# J and Z are drawn in the air, so no still shows them; leave the digits in to read these, too.
for sign in "JZ0123456789":
    probabilities[0, classes.index(sign)] = 0
probabilities /= probabilities.sum()
best = int(probabilities[0].argmax())
print(f"{classes[best]} {probabilities[0, best]:.2f} (hand {hand[0]:.2f})")
