"""Writes with a trained network: the same as graves-jax sample."""

from graves_jax.commands import command_line
from graves_jax.commands.sample import main

if __name__ == "__main__":
  command_line.run(main)
