"""What a writer reads of a restored checkpoint, wherever that comes from."""

from typing import Any, Protocol

from graves_jax.config import HandwritingConfig, TextConfig
from graves_jax.data.codec import TextCodec
from graves_jax.data.strokes import StrokeCodec


class Metadata(Protocol):
  """Describes weights: the config that they were learned with, and what the
  network's classes and numbers stand for.

  Both raise ValueError if the weights are of the other kind of network.
  """

  def of_handwriting(self) -> tuple[HandwritingConfig, StrokeCodec]: ...

  def of_text(self) -> tuple[TextConfig, TextCodec]: ...


class Restored(Protocol):
  """Holds a checkpoint's weights and their description.

  `checkpoints.read.restore_checkpoint` returns one.

  params: a tree of arrays, of NumPy or JAX.
  """

  @property
  def params(self) -> Any: ...

  @property
  def metadata(self) -> Metadata: ...
