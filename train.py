"""Trains a network: the same as graves-jax train."""

from graves_jax.commands import command_line
from graves_jax.commands.train import main

if __name__ == "__main__":
  command_line.run(main)
