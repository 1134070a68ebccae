"""What every part agrees on: classes, types, preprocessing, decoding. NumPy only, no disk, no clock."""
