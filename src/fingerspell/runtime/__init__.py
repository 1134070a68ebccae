"""Running a trained model: media in, predictions, letters, and files of text out. No PyTorch."""
