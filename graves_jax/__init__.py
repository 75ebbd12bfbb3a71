"""Graves' sequence-generating recurrent networks, in JAX and Flax.

Names are imported when they are first used, so that preparing data or asking
a script for help does not wait for JAX.
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

_MODULES = {
  "graves_jax.checkpoints.readers": ("load_ranker", "load_reader"),
  "graves_jax.checkpoints.writers": ("load_text_writer", "load_writer"),
  "graves_jax.data.codec": ("TextCodec",),
  "graves_jax.data.sources.hands": ("load_hands",),
  "graves_jax.data.strokes": (
    "Alphabet",
    "Line",
    "Normalization",
    "offsets_from_strokes",
    "strokes_from_offsets",
  ),
  "graves_jax.fast.lstm": ("unroll",),
  "graves_jax.layers.clipping": ("clip_derivative",),
  "graves_jax.layers.inputs": ("net_input",),
  "graves_jax.layers.lstm": (
    "LSTMParams",
    "LSTMState",
    "init_lstm",
    "lstm_step",
    "unroll_reference",
    "zero_state",
  ),
  "graves_jax.layers.tanh": ("RNNParams", "init_rnn", "rnn_step"),
  "graves_jax.layers.window": (
    "WindowParams",
    "init_window",
    "soft_window",
    "window_parameters",
    "window_weights",
  ),
  "graves_jax.layers.window_lstm": ("Text",),
  "graves_jax.networks.prediction": ("PredictionNetwork",),
  "graves_jax.networks.reading": ("ReadingNetwork",),
  "graves_jax.networks.synthesis": ("SynthesisNetwork",),
  "graves_jax.optimizers.graves_rmsprop": ("graves_rmsprop",),
  "graves_jax.recognition.reader": ("HandwritingReader",),
  "graves_jax.rendering.write": ("draw_lines",),
  "graves_jax.sampling.attempts": ("Written",),
  "graves_jax.sampling.text": ("TextWriter",),
  "graves_jax.sampling.writer": ("HandwritingWriter",),
}
_HOMES = {name: home for home, names in _MODULES.items() for name in names}
__all__ = list(_HOMES)

if TYPE_CHECKING:  # The same names for type checkers, which run no code.
  from graves_jax.checkpoints.readers import (
    load_ranker as load_ranker,
    load_reader as load_reader,
  )
  from graves_jax.checkpoints.writers import (
    load_text_writer as load_text_writer,
    load_writer as load_writer,
  )
  from graves_jax.data.codec import TextCodec as TextCodec
  from graves_jax.data.sources.hands import load_hands as load_hands
  from graves_jax.data.strokes import (
    Alphabet as Alphabet,
    Line as Line,
    Normalization as Normalization,
    offsets_from_strokes as offsets_from_strokes,
    strokes_from_offsets as strokes_from_offsets,
  )
  from graves_jax.fast.lstm import unroll as unroll
  from graves_jax.layers.clipping import clip_derivative as clip_derivative
  from graves_jax.layers.inputs import net_input as net_input
  from graves_jax.layers.lstm import (
    LSTMParams as LSTMParams,
    LSTMState as LSTMState,
    init_lstm as init_lstm,
    lstm_step as lstm_step,
    unroll_reference as unroll_reference,
    zero_state as zero_state,
  )
  from graves_jax.layers.tanh import (
    RNNParams as RNNParams,
    init_rnn as init_rnn,
    rnn_step as rnn_step,
  )
  from graves_jax.layers.window import (
    WindowParams as WindowParams,
    init_window as init_window,
    soft_window as soft_window,
    window_parameters as window_parameters,
    window_weights as window_weights,
  )
  from graves_jax.layers.window_lstm import Text as Text
  from graves_jax.networks.prediction import (
    PredictionNetwork as PredictionNetwork,
  )
  from graves_jax.networks.reading import ReadingNetwork as ReadingNetwork
  from graves_jax.networks.synthesis import SynthesisNetwork as SynthesisNetwork
  from graves_jax.optimizers.graves_rmsprop import (
    graves_rmsprop as graves_rmsprop,
  )
  from graves_jax.recognition.reader import (
    HandwritingReader as HandwritingReader,
  )
  from graves_jax.rendering.write import draw_lines as draw_lines
  from graves_jax.sampling.attempts import Written as Written
  from graves_jax.sampling.text import TextWriter as TextWriter
  from graves_jax.sampling.writer import HandwritingWriter as HandwritingWriter
else:

  def __getattr__(name: str) -> Any:
    if name not in _HOMES:
      raise AttributeError(f"module 'graves_jax' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
  return __all__
