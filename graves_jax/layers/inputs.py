"""Projects what enters a layer from below, vectors and classes, to net
inputs."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import jax.numpy as jnp
from jax import Array

from graves_jax.layers.products import Precision, project


class LayerParams(Protocol):
  """What every recurrent layer's weights have, besides their own.

  inputs: [A + D, G].
  recurrent: [H, G].
  bias: [G].
  """

  @property
  def inputs(self) -> Array: ...

  @property
  def recurrent(self) -> Array: ...

  @property
  def bias(self) -> Array: ...


Params = TypeVar("Params", bound=LayerParams)
State = TypeVar("State", bound=tuple[Array, ...])


def as_inputs(inputs: Array | Sequence[Array]) -> tuple[Array, ...]:
  """A layer's inputs as a tuple; a bare array is the only one of them."""
  return tuple(inputs) if isinstance(inputs, Sequence) else (inputs,)


def as_arrays(params: Params, state: State) -> tuple[Params, State]:
  """Takes weights and states out of whatever holds each, such as nnx.Param,
  none of them narrower than float32, as products and sums are.

  Args:
    params: of the layer; recurrent [H, G] is read.
    state: NamedTuple of arrays [..., H].

  Raises:
    ValueError: if the state is not as wide as the layer.
  """
  params, state = as_wide(params), as_wide(state)
  units, shapes = len(params.recurrent), [x.shape for x in state]
  if any(shape[-1:] != (units,) for shape in shapes):
    raise ValueError(
      f"the state has the shape {shapes[0]}, but its last axis must be the "
      f"layer's {units} units: zero_state(hidden, *batch) takes these first."
    )
  return params, state


def as_wide(fields: Any) -> Any:
  """The same NamedTuple of arrays, or of others, as JAX arrays of float32 or
  wider."""
  if isinstance(fields, tuple):
    return type(fields)(*map(as_wide, fields))
  array = jnp.asarray(fields)
  return array.astype(jnp.promote_types(array.dtype, jnp.float32))


def require_widths(inputs: int, hidden: int) -> None:
  """Raises ValueError unless a layer can have so many inputs and units."""
  if inputs < 0 or hidden < 1:
    raise ValueError(
      f"a layer cannot have inputs (={inputs}) and hidden (={hidden}) units; "
      "give no fewer than 0 and 1."
    )


def require_net_input(net: Array, width: int) -> None:
  """Raises ValueError unless net inputs [..., G] have their width G."""
  if net.shape[-1] != width:
    raise ValueError(
      f"the net input has the shape {net.shape}, but its last axis must be "
      f"{width}; net_input(params, inputs) makes it of a layer's inputs."
    )


def require_rows(state: Sequence[Array], rows: tuple[int, ...]) -> None:
  """Raises ValueError unless a state [*rows, H] has the inputs' rows, which
  stand between the axis of time and the width."""
  if state[0].shape[:-1] != rows:
    raise ValueError(
      f"the state has the rows {state[0].shape[:-1]}, the inputs {rows}; start "
      "from zero_state(hidden, *rows)."
    )


def net_input(
  params: LayerParams,
  inputs: Array | Sequence[Array],
  precision: Precision = "float32",
  classes: Array | None = None,
) -> Array:
  """Projects a layer's inputs to its net inputs [..., G], with its bias.

  What `lstm_step` (G = 4H) and `rnn_step` (G = H) take.

  >>> import jax, jax.numpy as jnp
  >>> from graves_jax import init_lstm
  >>> params = init_lstm(jax.random.key(0), inputs=3, hidden=4)
  >>> net_input(params, jnp.zeros((2, 3))).shape
  (2, 16)

  Args:
    params: of the layer: inputs [A + D, G] and bias [G] are read.
    inputs: vectors [..., d_k] with sum of d_k = D; one may come bare.
    precision: of the product.
    classes: those of `look_up`. With them, there may be no vectors.

  Raises:
    ValueError: if the weights have too few rows, or too many.
  """
  inputs = as_inputs(inputs)
  weights, net = look_up(jnp.asarray(params.inputs), inputs, classes)
  if inputs or net is None:
    projected = project(inputs, weights, precision)
    net = projected if net is None else projected + net
  return net + jnp.asarray(params.bias)


def look_up(
  weights: Array, inputs: Sequence[Array], classes: Array | None
) -> tuple[Array, Array | None]:
  """Looks up what classes add to a layer's net inputs.

  Equals a product with one-hot vectors, of which none is built; the
  derivative of the weights is scattered into the same rows.

  Args:
    weights: of all inputs, [A + D, G]: A rows for classes, and below them D
      for the vectors.
    inputs: vectors [..., d_k] with sum of d_k = D.
    classes: integers [...], 0 to A - 1; any other, such as -1, is the null
      vector. None: A = 0.

  Returns:
    The weights of the vectors, [D, G], and the net inputs [..., G], or None.

  Raises:
    ValueError: if the weights have too few rows, or too many, or classes are
      no integers.
  """
  count = classes_count(weights, inputs, classes)
  if classes is None:
    return weights, None
  if not jnp.issubdtype(classes.dtype, jnp.integer):
    raise ValueError(f"classes are {classes.dtype}; they must be integers.")
  rows, others = jnp.split(weights, [count])
  net = rows.at[classes].get(
    mode="fill", fill_value=0, wrap_negative_indices=False
  )
  return others, net


def classes_count(
  weights: Array, inputs: Sequence[Array], classes: Array | None
) -> int:
  """A, of what `look_up` is given.

  Raises:
    ValueError: if the weights have too few rows, or too many.
  """
  width = sum(x.shape[-1] for x in inputs)
  count = len(weights) - width
  if (count != 0) if classes is None else (count < 1):
    more = "no classes" if classes is None else "one or more for classes"
    raise ValueError(
      f"a layer's input weights have {len(weights):,} rows; its inputs take "
      f"{width:,}, and there must be {more} besides."
    )
  return count
