"""Laws of running over time in chunks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from graves_jax.fast import chunks


@pytest.mark.parametrize(
  ("device", "expected"),
  [("cpu", [(20, 120), (10, 10)]), ("gpu", [(60, 120), (10, 10)])],
)
def test_chunks_fit_the_device_and_miss_no_step(monkeypatch, device, expected):
  monkeypatch.setattr(jax, "default_backend", lambda: device)
  seen = []

  def unroll_chunks(chunk, state, inputs):
    seen.append((chunk, len(inputs)))
    return state + inputs.sum(), inputs

  inputs = jnp.arange(130.0)
  state, outputs = chunks.run(unroll_chunks, 1.0, inputs)
  assert seen == expected
  assert state == 1 + inputs.sum()
  np.testing.assert_array_equal(outputs, inputs)
