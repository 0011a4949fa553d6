"""One module for each library: which of its transforms are recorded, and how its draws are read."""
