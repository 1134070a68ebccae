"""Running a trained model: media in, predictions, letters, and files of text out. No PyTorch."""

import os

# Since 1.29 ONNX Runtime reports to Microsoft what it runs, unless told before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
