"""Handwriting prediction on IAM-OnDB (Section 4, Table 3), learned fast.

  python train.py configs/handwriting_prediction.py --data.path ~/iamondb

The paper's network, 3 x 400, M = 20, 3,368,121 weights, by the recipe of
configs/handwriting_synthesis.py without a curriculum, as there is no text to
read; the paper's recipe is configs/handwriting_prediction_paper.py.

Expected: -1041.0 nats per sequence without noise, squared error 0.41 (Table 3;
its training time is not stated). Over the 616.2 points of our validation lines
-1041.0 is -1.690 nats a point, over the paper's 700 or so -1.487.
"""

from graves_jax.config import (
  DataConfig,
  HandwritingConfig,
  Muon,
  NetworkConfig,
  TrainingConfig,
  Trapezoid,
)


def get_config() -> HandwritingConfig:
  return HandwritingConfig(
    network=NetworkConfig(
      kind="prediction", weight_range=0.0866, precision="bfloat16"
    ),
    data=DataConfig(
      batch_size=32, buckets=10, max_points=1200, scale_range=0.1
    ),
    optimizer=Muon(
      learning_rate=8e-3,
      decay=0.99,
      schedule=Trapezoid(warmup_steps=150),
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TrainingConfig(
      steps=2600,
      average=0.995,
      evaluate_every=200,
      checkpoint_every=50,
      sample_every=500,
    ),
  )
