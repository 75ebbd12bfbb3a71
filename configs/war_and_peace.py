"""War and Peace by its characters, a sample every 100 steps.

Karpathy shows what such a network writes after 100, 300, 500, 700, 1,200 and
2,000 iterations: first spaces and word lengths, then words, then sentences.
runs/war_and_peace/samples keeps what ours writes.

  python train.py configs/war_and_peace.py --data.path warandpeace.txt
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
    network=TextNetworkConfig(hidden=(512, 512)),
    data=TextDataConfig(batch_size=50, length=50),
    optimizer=OptimizerConfig(
      name="adam",
      learning_rate=2e-3,
      momentum=0.9,
      decay=0.99,
      epsilon=1e-8,
      schedule="cosine",
      warmup_steps=50,
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TextTrainingConfig(
      steps=2000, evaluate_every=500, checkpoint_every=100, sample_every=100
    ),
  )
