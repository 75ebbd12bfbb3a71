"""Seeds of samples: the same one gives the same sample."""

import numbers

MAX_SEED = 2**32 - 1


def require_seed(seed: int, name: str = "seed") -> None:
  """Raises ValueError unless `seed` is one that JAX takes."""
  if not isinstance(seed, numbers.Integral) or not 0 <= seed <= MAX_SEED:
    raise ValueError(
      f"{name} (={seed}) must be a whole number from 0 to {MAX_SEED}."
    )
