"""Train networks: options and recipes, one loop for any number of devices, nothing lost."""
