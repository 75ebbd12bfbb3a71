"""Derivative clipping inside the backward pass (Section 2.1)."""

import contextlib
import math
import numbers
from collections.abc import Iterator

import jax
import jax.numpy as jnp
from jax import Array


def clip_derivative(x: Array, limit: float | Array) -> Array:
  """Returns x; clips the loss's derivative with respect to it (Section 2.1).

  Not gradient clipping: the clipped derivative is what flows further back,
  through every earlier time step.

  >>> import jax
  >>> jax.grad(lambda x: 5 * clip_derivative(x, 2.0))(1.0).item()
  2.0

  Args:
    x: any array.
    limit: the derivative is clipped elementwise to [-limit, limit].

  Raises:
    ValueError: if the limit is a number below 0.
    TypeError: where JAX asks for forward-mode derivatives, unless the limit is
      the number infinity.
  """
  if isinstance(limit, numbers.Real):
    _require_limit(float(limit))
    if limit == math.inf:
      return x
  with only_reverse_mode("clip"):
    return _clip_derivative(x, limit)


@contextlib.contextmanager
def only_reverse_mode(name: str) -> Iterator[None]:
  """Says in one line that a backward pass of ours is no forward-mode one.

  JAX gives no hook for it where forward mode meets what is already traced, as
  in jax.jvp of a jitted function; JAX's own message then stays.
  """
  try:
    yield
  except TypeError as error:
    if "forward-mode" not in str(error):
      raise
    raise TypeError(
      f"{name} has a backward pass of its own, and no forward-mode derivatives "
      "(jax.jvp, jax.jacfwd); use unroll_reference, without clip."
    ) from None


def require_number(clip: float) -> None:
  """Raises ValueError if `clip` is traced, as compiled code has it built in, or
  below 0."""
  if isinstance(clip, jax.core.Tracer):
    raise ValueError(
      "clip is traced (an argument of jit, grad or vmap); unroll takes a "
      "number, so mark it static (static_argnames) or use unroll_reference."
    )
  _require_limit(clip)


def _require_limit(clip: float) -> None:
  if not clip >= 0:  # false for NaN as well
    raise ValueError(f"clip (={clip}) must be 0 or more; infinity: no limit.")


@jax.custom_vjp
def _clip_derivative(x: Array, limit: float | Array) -> Array:
  del limit  # acts on derivatives only
  return x


def _forward(x, limit):
  return x, limit


def _backward(limit, derivative):
  return jnp.clip(derivative, -limit, limit).astype(derivative.dtype), None


_clip_derivative.defvjp(_forward, _backward)
