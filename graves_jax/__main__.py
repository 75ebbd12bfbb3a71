"""python -m graves_jax, where the command graves-jax is on no path."""

from graves_jax.commands.main import main

if __name__ == "__main__":
  main()
