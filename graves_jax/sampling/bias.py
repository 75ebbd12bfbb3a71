"""How tidily a pen writes: the bias of Section 5.4."""

MAX_BIAS = 50.0


def require_bias(bias: float) -> None:
  """Raises ValueError unless mixtures can be biased so (Section 5.4)."""
  if not 0 <= bias <= MAX_BIAS:
    raise ValueError(
      f"bias (={bias}) must be from 0 (as varied as real hands) to "
      f"{MAX_BIAS:.0f}; 1 is tidy."
    )
