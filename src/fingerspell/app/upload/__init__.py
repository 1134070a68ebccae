"""Reading files that a visitor gives: pictures and video."""
