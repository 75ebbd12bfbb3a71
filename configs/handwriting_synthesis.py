"""Handwriting synthesis on IAM-OnDB (Section 5, Table 4)."""

from graves_jax.config import (
  Config,
  DataConfig,
  NetworkConfig,
  OptimizerConfig,
  TrainingConfig,
)


def get_config() -> Config:
  return Config(
    network=NetworkConfig(weight_range=0.0866),
    data=DataConfig(
      batch_size=32, buckets=10, max_points=1200, max_characters=64
    ),
    optimizer=OptimizerConfig(
      name="adam",
      learning_rate=2e-3,
      momentum=0.9,
      decay=0.99,
      epsilon=1e-8,
      schedule="cosine",
      warmup_steps=100,
      final_share=0.01,
      max_gradient_norm=1.0,
      loss_per="point",
    ),
    training=TrainingConfig(
      steps=1250, evaluate_every=400, checkpoint_every=50, sample_every=200
    ),
  )
