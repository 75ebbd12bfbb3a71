"""Derivative clipping inside the backward pass (Section 2.1)."""

import functools

import jax
import jax.numpy as jnp
from jax import Array


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def clip_derivative(x: Array, limit: float) -> Array:
  """Returns x; clips the loss's derivative with respect to it (Section 2.1).

  Not gradient clipping: the clipped derivative is what flows further back,
  through every earlier time step.

  Args:
    x: any array.
    limit: the derivative is clipped elementwise to [-limit, limit].
  """
  return x


def _forward(x, limit):
  return x, None


def _backward(limit, _, derivative):
  return (jnp.clip(derivative, -limit, limit),)


clip_derivative.defvjp(_forward, _backward)
