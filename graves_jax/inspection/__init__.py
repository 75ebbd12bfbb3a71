"""What goes on inside of a network while it reads: recorded, and told from what
it reads."""
