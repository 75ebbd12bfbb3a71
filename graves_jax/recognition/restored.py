"""What a reader reads of a restored checkpoint, wherever that comes from."""

from typing import Any, Protocol

from graves_jax.config import ReadingConfig
from graves_jax.data.strokes import StrokeCodec


class Metadata(Protocol):
  """Describes weights: the config that they were learned with, and what the
  network's classes and numbers stand for."""

  def of_reading(self) -> tuple[ReadingConfig, StrokeCodec]:
    """Raises ValueError if the weights are not of a reader."""


class Restored(Protocol):
  """Holds a checkpoint's weights and their description.

  `checkpoints.read.restore_checkpoint` returns one.

  params: a tree of arrays, of NumPy or JAX.
  """

  @property
  def params(self) -> Any: ...

  @property
  def metadata(self) -> Metadata: ...
