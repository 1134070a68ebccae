"""How the reader is trained: its sets, random views of their hands, and what it makes of them."""
