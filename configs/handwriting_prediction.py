"""Handwriting prediction on IAM-OnDB (Section 4, Table 3), the paper's way.

  python train.py configs/handwriting_prediction.py --data.path ~/iamondb

Network: 3 x 400, M = 20, 3,368,121 weights; `--network.hidden 900` is the
one-layer network of Table 3. Optimizer, clipping and batches of one line are
the paper's; only the number of epochs (here 10) is ours, which it does not
state for handwriting.

Expected: -1041.0 nats per sequence, squared error 0.41 a point (Table 3).
Measured: not run to its end yet.
"""

from graves_jax.config import (
  DataConfig,
  HandwritingConfig,
  NetworkConfig,
  TrainingConfig,
)

LINES = 10_741


def get_config() -> HandwritingConfig:
  return HandwritingConfig(
    network=NetworkConfig(kind="prediction", forget_bias=0.0),
    data=DataConfig(batch_size=1),
    training=TrainingConfig(
      steps=10 * LINES,
      evaluate_every=LINES,
      checkpoint_every=1000,
      sample_every=LINES,
    ),
  )
