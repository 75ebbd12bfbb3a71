"""What a writer reads of a restored checkpoint, wherever that comes from."""

from typing import Any, Protocol

from graves_jax.config import Config
from graves_jax.data.codec import TextCodec
from graves_jax.data.strokes import StrokeCodec


class Metadata(Protocol):
  """Describes weights.

  config: the experiment that they were learned in.
  codec: what the network's classes and numbers stand for.
  """

  @property
  def config(self) -> Config: ...

  @property
  def codec(self) -> StrokeCodec | TextCodec: ...


class Restored(Protocol):
  """Holds a checkpoint's weights and their description.

  `checkpoints.read.restore_checkpoint` returns one.

  params: a tree of arrays, of NumPy or JAX.
  """

  @property
  def params(self) -> Any: ...

  @property
  def metadata(self) -> Metadata: ...
