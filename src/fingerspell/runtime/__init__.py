"""Running a trained model: media in, predictions, letters, and files of text out. No PyTorch."""

import os

# ONNX Runtime reports its use to Microsoft since version 1.29, and is told not to before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
