"""Graves' sequence-generating recurrent networks, in JAX and Flax.

Names are imported when they are first used, so that preparing data or asking
a script for help does not wait for JAX.
"""

import importlib

__version__ = "0.2.0"

_MODULES = {
  "graves_jax.fast.lstm": ("unroll",),
  "graves_jax.layers.lstm": (
    "LSTMParams",
    "LSTMState",
    "init_lstm",
    "lstm_step",
    "zero_state",
  ),
  "graves_jax.layers.clipping": ("clip_derivative",),
  "graves_jax.data.codec": ("TextCodec",),
  "graves_jax.data.strokes": (
    "Alphabet",
    "Line",
    "Normalization",
    "offsets_from_strokes",
    "strokes_from_offsets",
  ),
  "graves_jax.networks.prediction": ("PredictionNetwork",),
  "graves_jax.networks.synthesis": ("SynthesisNetwork",),
  "graves_jax.layers.window_lstm": ("Text",),
  "graves_jax.optimizers.graves_rmsprop": ("graves_rmsprop",),
  "graves_jax.sampling.text": ("TextWriter",),
  "graves_jax.sampling.writer": ("HandwritingWriter",),
  "graves_jax.layers.tanh": ("RNNParams", "init_rnn", "rnn_step"),
  "graves_jax.layers.window": (
    "WindowParams",
    "soft_window",
    "window_parameters",
    "window_weights",
  ),
}
_HOMES = {name: home for home, names in _MODULES.items() for name in names}
__all__ = list(_HOMES)


def __getattr__(name: str):
  if name not in _HOMES:
    raise AttributeError(f"module 'graves_jax' has no attribute {name!r}")
  return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
  return __all__
