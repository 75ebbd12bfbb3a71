"""A reader of handwriting: what it reads, and how much of that is wrong."""
