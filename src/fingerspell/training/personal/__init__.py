"""A model that has learned a person's own pictures: `reader.train_reader` is the way in."""
