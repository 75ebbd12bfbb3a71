"""Handwriting prediction with recurrent dropout, two layers of 650 cells.

The larger network of Ha et al., *HyperNetworks* (2016), Table 5; all but its
layers is as in configs/handwriting_prediction_dropout.py, which says why.

  python train.py configs/handwriting_prediction_dropout_650.py \\
    --data.path ~/iamondb

2 x 650, M = 20, 5,252,121 weights. Expected: -1135 nats per sequence
(published; its training time is not stated), -1.842 a point over the 616.2
points of our validation lines. Measured: not run.
"""

from graves_jax.config import (
  Adam,
  Cosine,
  DataConfig,
  HandwritingConfig,
  NetworkConfig,
  TrainingConfig,
)


def get_config() -> HandwritingConfig:
  return HandwritingConfig(
    network=NetworkConfig(
      kind="prediction", hidden=(650, 650), recurrent_dropout=0.05
    ),
    data=DataConfig(
      batch_size=32, buckets=10, max_points=1200, scale_range=0.1
    ),
    optimizer=Adam(
      learning_rate=1e-3,
      decay=0.99,
      schedule=Cosine(warmup_steps=100),
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TrainingConfig(
      steps=20_000, evaluate_every=500, checkpoint_every=100, sample_every=500
    ),
  )
