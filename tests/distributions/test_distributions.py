"""Every distribution has the same four verbs, and they agree in shapes."""

import importlib
import inspect
import pkgutil

import jax
import numpy as np
import pytest

from graves_jax import distributions

NAMES = [module.name for module in pkgutil.iter_modules(distributions.__path__)]
# How many arguments each verb must be given.
VERBS = {"width": 1, "parameters": 1, "log_prob": 2, "sample": 2}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_drawn_has_a_log_probability(name):
  distribution = importlib.import_module(f"graves_jax.distributions.{name}")
  raw = np.linspace(-1, 1, 2 * 3 * distribution.width(4), dtype=np.float32)
  raw = raw.reshape(2, 3, distribution.width(4))
  drawn = distribution.sample(jax.random.key(0), raw)
  log_prob = distribution.log_prob(raw, drawn)
  assert log_prob.shape == (2, 3) and np.isfinite(log_prob).all()
  for leaf in jax.tree.leaves(distribution.parameters(raw)):
    assert leaf.shape[:2] == (2, 3)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_verb_must_be_given(name):
  """All else has a default, so that any distribution can be called alike."""
  distribution = importlib.import_module(f"graves_jax.distributions.{name}")
  for verb, given in VERBS.items():
    arguments = inspect.signature(getattr(distribution, verb)).parameters
    required = [a for a in arguments.values() if a.default is a.empty]
    assert len(required) == given
