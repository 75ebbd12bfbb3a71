"""How activations of gates are kept from the forward to the backward pass.

Beside bfloat16 products in 16 bits, in even steps over [0, 1], and for the cell
input, a tanh, over [-1, 1]. At most 2^-17 and 2^-16 are lost; bfloat16 itself
has steps of 2^-8 below 1, where forget gates are. NaN is lost; outputs, which
are kept as they are, carry it.
"""

import jax.numpy as jnp
from jax import Array, lax
from jax.typing import DTypeLike

from graves_jax.layers.lstm import Gates
from graves_jax.layers.products import Precision

_STEPS = 65535
_STEPS_OF_TANH = 32767


def keep_gates(gates: Gates, keep_rate: float, precision: Precision) -> Gates:
  """Rounds what a step's backward pass needs of its gates.

  Args:
    gates: each [..., H].
    keep_rate: that recurrent dropout has scaled c by.
    precision: of the products.

  Returns:
    Each [..., H]: 16-bit words beside bfloat16 products, else as given.
  """
  if precision == "float32":
    return gates
  i, f, c, o = gates
  tanh = jnp.round(c * keep_rate * _STEPS_OF_TANH).astype(jnp.int16)
  i, f, o = (jnp.round(x * _STEPS).astype(jnp.uint16) for x in (i, f, o))
  c = lax.bitcast_convert_type(tanh, jnp.uint16)
  return Gates(i, f, c, o)


def kept_gates(kept: Array, keep_rate: float, dtype: DTypeLike) -> Gates:
  """The inverse of `keep_gates`, of what it returned, joined, [..., 4H]."""
  gates = Gates(*jnp.split(kept, 4, axis=-1))
  if kept.dtype != jnp.uint16:
    return gates
  i, f, o = (
    x.astype(dtype) * (1 / _STEPS) for x in (gates.i, gates.f, gates.o)
  )
  tanh = lax.bitcast_convert_type(gates.c, jnp.int16).astype(dtype)
  return Gates(i, f, tanh * (1 / (_STEPS_OF_TANH * keep_rate)), o)
