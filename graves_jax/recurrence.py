"""The recurrence of an LSTM layer, Eqs. (7)-(11), and back.

Between net inputs and outputs, where each step waits for the one before it.
Two implementations stand behind `recurrence`: a scan that XLA compiles, for
any device, and compiled kernels, where they were loaded.

Axes: T time, N chunks of C steps, B batch, H hidden, X inputs from below, D
what is fed back into a step: the layer's own outputs, and behind them the
window where there is one. With T > 1 nothing but the outputs is: D = H.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from graves_jax import chunks
from graves_jax.dropout import dropped
from graves_jax.kernels import library
from graves_jax.kernels import lstm as kernels
from graves_jax.products import (
  Precision,
  from_words,
  join,
  product,
  to_words,
)

# Of a batch, on one device, for kernels to be the faster ones.
FEWEST_ROWS = 4
# Inputs narrower than this are data, mostly: nobody asks for their derivative.
_FEWEST_INPUTS = 64


class LSTMState(NamedTuple):
  """Cell c and output h of one layer, each [..., H]."""

  cell: Array
  output: Array


class Gates(NamedTuple):
  """Activations of a step that its backward pass needs, each [..., H].

  c is what dropout leaves of it.
  """

  i: Array
  f: Array
  c: Array
  o: Array


class NetGradient(NamedTuple):
  """Gradient of what is added to net inputs: peepholes [3, H], bias [4H]."""

  peephole: Array
  bias: Array


class Recurrence(NamedTuple):
  """One layer's steps, forward and back, as functions.

  forward: (chunk, fed_back, cell, inputs, net, kept, keeps_gates) to
    (LSTMState, outputs, Gates, first_cells).
    chunk: C, which divides T.
    fed_back: into the first step, a tuple: outputs [B, H], and the window.
    cell: before it, [B, H].
    inputs: from below, a tuple of [T, B, d_k] with sum of d_k = X; or ().
    net: what else reaches the net inputs, [T, B, 4H], or None.
    kept: where dropout keeps c, [T, B, H], or None.
    keeps_gates: whether Gates will be read.
    outputs, Gates: of every step, each [T, B, H].
    first_cells: before each chunk, [N, B, H].
  backward: (k, first_cells, gates, d_outputs, d_state, kept) to (d_net,
    d_fed_back, d_cell, d_inputs, sums), through one chunk.
    k: which one.
    gates, d_outputs, kept: of all chunks, each [N, C, B, H].
    d_outputs: derivatives with respect to the outputs.
    d_state: with respect to the chunk's last state, by later steps.
    d_net: of the net inputs, [C, B, 4H], as products round them.
    d_fed_back, d_cell: before the chunk, [B, D] and [B, H].
    d_inputs: [C, B, X].
    sums: a tree to be added up over calls.
  no_sums: such a tree of zeros, for cells [B, H].
  gradient: NetGradient of the added sums and all d_net.
  """

  forward: Callable[..., tuple[LSTMState, Array, Gates, Array]]
  backward: Callable[..., tuple[Array, Array, Array, Array, Any]]
  no_sums: Callable[[Array], Any]
  gradient: Callable[[Any, Array], NetGradient]


def recurrence(
  recurrent: Array,
  projection: Array,
  bias: Array,
  peephole: Array,
  *,
  clip: float,
  precision: Precision,
  keep_rate: float | None = None,
  cell: Array,
  others: Any = (),
) -> Recurrence:
  """The fastest implementation there is here.

  Args:
    recurrent: weights of what is fed back, [D, 4H].
    projection: weights of the inputs from below, [X, 4H].
    bias: [4H].
    peephole: [3, H].
    clip: limit on the derivatives of the net inputs.
    precision: of the products.
    keep_rate: with recurrent dropout, the share of c that is kept.
    cell: of a state, [B, H].
    others: a tree of other arrays that enter the steps.
  """
  arrays = recurrent, projection, bias, peephole
  has_kernels = fits_kernels(cell, precision, (arrays, others))
  if has_kernels and keep_rate is None:
    return _compiled(*arrays, clip, precision)
  rate = 1.0 if keep_rate is None else keep_rate
  return _scanned(*arrays, clip, precision, rate)


def fits_kernels(cell: Array, precision: Precision, others: Any = ()) -> bool:
  """Whether kernels are loaded for arrays like these, and faster.

  Kernels share out rows among threads, XLA the columns of a weight matrix:
  of few rows it makes more.

  Args:
    cell: [B, H].
    precision: of the products.
    others: a tree of other arrays.
  """
  dtypes = {x.dtype for x in jax.tree.leaves((cell, others))}
  return (
    library.is_loaded(precision)
    and dtypes == {jnp.dtype("float32")}
    and cell.ndim == 2
    and len(cell) >= FEWEST_ROWS
  )


def gated_step(
  peephole: Array,
  cell: Array,
  net: Array,
  kept: Array | None = None,
  keep_rate: float = 1.0,
) -> tuple[LSTMState, Gates]:
  """Eqs. (7)-(11) from net inputs [B, 4H]: new state and gates."""
  i, f, c, o = jnp.split(net, 4, axis=-1)
  i = sigmoid(i + peephole[0] * cell)
  f = sigmoid(f + peephole[1] * cell)
  c = dropped(jnp.tanh(c), kept, keep_rate)
  cell = f * cell + i * c
  o = sigmoid(o + peephole[2] * cell)
  return LSTMState(cell, o * jnp.tanh(cell)), Gates(i, f, c, o)


def gated_step_backward(
  peephole: Array,
  clip: float,
  d_state: LSTMState,
  cell: Array,
  previous_cell: Array,
  gates: Gates,
  kept: Array | None = None,
  keep_rate: float = 1.0,
) -> tuple[Gates, Array]:
  """Derivatives of one step with respect to its net inputs and last cell.

  Args:
    peephole: [3, H].
    clip: limit on the derivatives of the net inputs.
    d_state: derivative of the loss with respect to the step's new state.
    cell: the new cell.
    previous_cell: the cell before the step.
    gates: the step's activations.
    kept: where c is not dropped, [B, H].
    keep_rate: share of c that is kept.

  Returns:
    Clipped derivatives of the four net inputs, and that of the last cell.
  """
  i, f, c, o = gates
  tanh_cell = jnp.tanh(cell)
  d_o = d_state.output * tanh_cell * o * (1 - o)
  d_o = jnp.clip(d_o, -clip, clip)
  d_cell = d_state.cell + d_o * peephole[2]
  d_cell += d_state.output * o * (1 - tanh_cell * tanh_cell)
  d_i = jnp.clip(d_cell * c * i * (1 - i), -clip, clip)
  d_f = jnp.clip(d_cell * previous_cell * f * (1 - f), -clip, clip)
  d_c = dropped(d_cell * i, kept, keep_rate)
  if kept is not None:
    c = c * keep_rate  # the tanh itself, where it was kept
  d_c = jnp.clip(d_c * (1 - c * c), -clip, clip)
  d_previous = d_cell * f + d_i * peephole[0] + d_f * peephole[1]
  return Gates(d_i, d_f, d_c, d_o), d_previous


def remake_cells(first: Array, gates: Gates) -> tuple[Array, Array]:
  """Cells by Eq. (9), which costs less than keeping them all.

  Args:
    first: the cell before the first step, [B, H].
    gates: of all steps, each [C, B, H].

  Returns:
    The cells after each step, and those before it, both [C, B, H].
  """

  def step(cell, gates):
    cell = gates.f * cell + gates.i * gates.c
    return cell, cell

  cells = lax.scan(step, first, gates)[1]
  return cells, jnp.concatenate([first[None], cells[:-1]])


def sigmoid(x: Array) -> Array:
  """The logistic function through tanh, which XLA vectorizes on CPU."""
  return 0.5 * jnp.tanh(0.5 * x) + 0.5


class _PeepholeSums(NamedTuple):
  """What steps add to the peepholes' gradient, each [B, H]."""

  i: Array
  f: Array
  o: Array


def _scanned(
  recurrent, projection, bias, peephole, clip, precision, keep_rate
) -> Recurrence:
  """By scans that XLA compiles."""

  def step_forward(carry, xs):
    fed_back, cell = carry
    net, kept = xs
    net = net + bias  # here it costs no pass of its own
    net = net + product(join(fed_back, precision), recurrent, precision)
    state, gates = gated_step(peephole, cell, net, kept, keep_rate)
    return ((state.output,), state.cell), (state.output, gates)

  def chunk_forward(carry, xs):
    inputs, *xs = xs
    if inputs:
      projected = product(join(inputs, precision), projection, precision)
      xs[0] = projected if xs[0] is None else xs[0] + projected
    end, results = _run(step_forward, carry, xs)
    return end, (*results, carry[1])

  def forward(chunk, fed_back, cell, inputs, net, kept=None, keeps_gates=True):
    del keeps_gates  # XLA leaves out what nobody reads
    xs = jax.tree.map(lambda x: chunks.split(x, chunk), (inputs, net, kept))
    end, results = _run(chunk_forward, (fed_back, cell), xs)
    ((output,), cell), (outputs, gates, first_cells) = end, results
    outputs, gates = jax.tree.map(chunks.join, (outputs, gates))
    return LSTMState(cell, output), outputs, gates, first_cells

  transposed = recurrent.T

  def backward(k, first_cells, gates, d_outputs, d_state, kept=None):
    given = chunks.pick((first_cells, gates, d_outputs, kept), k)
    cell, gates, d_outputs, kept = given

    def step(carry, xs):
      d_state, sums = carry
      d_output, cell, previous_cell, gates, kept = xs
      d_state = LSTMState(d_state.cell, d_state.output + d_output)
      options = gates, kept, keep_rate
      d_net, d_cell = gated_step_backward(
        peephole, clip, d_state, cell, previous_cell, *options
      )
      sums = _PeepholeSums(
        sums.i + d_net.i * previous_cell,
        sums.f + d_net.f * previous_cell,
        sums.o + d_net.o * cell,
      )
      d_net = join(d_net, precision)
      d_fed_back = product(d_net, transposed, precision)
      return (LSTMState(d_cell, d_fed_back), sums), to_words(d_net)

    xs = (d_outputs, *remake_cells(cell, gates), gates, kept)
    carry = d_state, no_sums(cell)
    (d_state, sums), d_net = _run(step, carry, xs, reverse=True)
    d_net = from_words(d_net)
    d_inputs = product(d_net, projection.T, precision)
    return d_net, d_state.output, d_state.cell, d_inputs, sums

  def no_sums(cell):
    return _PeepholeSums(*(jnp.zeros_like(cell),) * 3)

  def gradient(sums, d_net):
    over_rows = jnp.stack([terms.sum(0) for terms in sums])
    d_net = d_net.astype(bias.dtype)
    return NetGradient(over_rows, d_net.sum(tuple(range(d_net.ndim - 1))))

  return Recurrence(forward, backward, no_sums, gradient)


def _run(step, carry, xs, reverse=False):
  """A scan; of one step, which may change the carry's shapes, a call."""
  if len(jax.tree.leaves(xs)[0]) > 1:
    return lax.scan(step, carry, xs, reverse=reverse)
  carry, results = step(carry, jax.tree.map(lambda x: x[0], xs))
  return carry, jax.tree.map(lambda x: x[None], results)


def _compiled(
  recurrent, projection, bias, peephole, clip, precision
) -> Recurrence:
  """By the compiled kernels."""
  weights = recurrent, projection
  packed = [kernels.pack_gates(x, precision) for x in weights]
  # XLA makes the derivatives of narrow inputs, and leaves them out if unused.
  is_narrow = len(projection) < _FEWEST_INPUTS
  sent_back = recurrent, projection[:0] if is_narrow else projection
  transposed = [kernels.pack_transposed(x, precision) for x in sent_back]

  def forward(chunk, fed_back, cell, inputs, net, kept=None, keeps_gates=True):
    del kept
    if inputs:
      inputs = kernels.pack_inputs(inputs, precision)
    else:
      inputs = jnp.zeros((*net.shape[:2], 0), packed[0].dtype)
    fed_back = jnp.concatenate(fed_back, axis=-1)
    results = kernels.forward(
      *packed, bias, peephole, fed_back, cell, inputs, net, chunk, keeps_gates
    )
    state = LSTMState(results.cell, results.outputs[-1])
    return state, results.outputs, Gates(*results[1:5]), results.first_cells

  def backward(k, first_cells, gates, d_outputs, d_state, kept=None):
    del kept
    given = k, first_cells, gates, d_outputs, d_state.output, d_state.cell
    widths = map(len, sent_back)
    results = kernels.backward(*transposed, peephole, clip, *given, *widths)
    if is_narrow:
      d_inputs = product(results.net, projection.T, precision)
      results = results._replace(inputs=d_inputs)
    return results

  def no_sums(cell):
    return jnp.zeros((7, cell.shape[-1]), cell.dtype)

  def gradient(sums, d_net):
    del d_net
    return NetGradient(sums[:3], sums[3:].reshape(-1))

  return Recurrence(forward, backward, no_sums, gradient)
