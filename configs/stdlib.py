"""The weights that ship under the name stdlib: Python, character by character.

Two layers of 320 LSTM cells, small enough to ship and to look into; the text is
the sources of Python's standard library, which every Python has.

  python train.py configs/stdlib.py
  graves-jax export runs/stdlib weights --precision bfloat16
  graves-jax sample --checkpoint stdlib --temperature 0.7
  graves-jax inspect stdlib

Measured: 1.0763 nats a character (1.553 bits, error 29.5 %) on validation's
345,901 characters, by the average of the weights after 2,000 updates, which is
the best one; some 22 minutes of processor time of one core (AMD EPYC, AVX-512
BF16), 71 by the clock, as some fifteen processes shared two cores. Run by these
very settings as flags of configs/char_rnn.py, at first with
--training.steps 6000, which was shortened at update 1,358, before the descent.
"""

from graves_jax.config import (
  Muon,
  TextConfig,
  TextDataConfig,
  TextNetworkConfig,
  TextTrainingConfig,
  Trapezoid,
)


def get_config() -> TextConfig:
  return TextConfig(
    network=TextNetworkConfig(
      hidden=(320, 320), dropout=0.1, precision="bfloat16"
    ),
    data=TextDataConfig(batch_size=64, length=128),
    optimizer=Muon(
      learning_rate=5e-3,
      decay=0.99,
      schedule=Trapezoid(warmup_steps=100),
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TextTrainingConfig(
      steps=2100,
      average=0.99,
      evaluate_every=200,
      checkpoint_every=100,
      sample_every=500,
      evaluation_batch_size=64,
    ),
  )
