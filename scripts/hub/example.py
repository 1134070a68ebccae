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
before = np.zeros(
    (1, 21, 2), np.float32
)  # of a video: the joints of the frame before, NaN for the first
probabilities, joints, hand = session.run(None, {"pictures": pictures, "before": before})

# J and Z are drawn in the air, so no still shows them; leave the digits in to read these, too.
for sign in "JZ0123456789":
    probabilities[0, classes.index(sign)] = 0
probabilities /= probabilities.sum()
best = int(probabilities[0].argmax())
print(f"{classes[best]} {probabilities[0, best]:.2f} (hand {hand[0]:.2f})")
