"""The page "My hand": a person's own pictures make a reader their own."""
