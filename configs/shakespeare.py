"""Tiny Shakespeare, 1.1 MB, by its characters.

Two layers of 512 LSTM cells with dropout after each; the last tenth of the
text is for validation, as in nanoGPT, which publishes 1.88 nats a character
after 3 minutes on a laptop's processor and 1.4697 on an A100.

  python train.py configs/shakespeare.py --data.path tinyshakespeare.txt
"""

from graves_jax.config import (
  OptimizerConfig,
  TextConfig,
  TextDataConfig,
  TextNetworkConfig,
  TextTrainingConfig,
)


def get_config() -> TextConfig:
  return TextConfig(
    network=TextNetworkConfig(hidden=(512, 512), dropout=0.3),
    data=TextDataConfig(batch_size=64, length=100),
    optimizer=OptimizerConfig(
      name="adam",
      learning_rate=4e-3,
      momentum=0.9,
      decay=0.99,
      epsilon=1e-8,
      schedule="cosine",
      warmup_steps=50,
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TextTrainingConfig(
      steps=3000, evaluate_every=100, checkpoint_every=100, sample_every=250
    ),
  )
