"""Reading handwriting: connectionist temporal classification of IAM-OnDB.

  graves-jax train handwriting_reader --data.path ~/iamondb
  graves-jax evaluate --checkpoint runs/handwriting_reader

A reader measures how legible handwriting is. Two bidirectional layers of 200
cells in each direction, over two neighbouring pen elements at a time, and the
80 characters of the training transcripts, one class for every other, and the
blank: 1,328,082 weights.

Each time that a line is read it is stretched by up to 20 %, leant by up to 17
degrees, and its points are blurred by a twentieth of the usual offset; what is
validated is a moving average of the weights. The checkpoint that is kept as the
best has the least character error, read greedily. All that is our choice.

Expected: 5.9 % character error without a language model (Carbune et al., 2020,
whose points are Bezier curves). Measured: not run yet.
"""

from graves_jax.config import (
  Muon,
  ReadingConfig,
  ReadingDataConfig,
  ReadingNetworkConfig,
  ReadingTrainingConfig,
  Trapezoid,
)


def get_config() -> ReadingConfig:
  return ReadingConfig(
    network=ReadingNetworkConfig(
      dropout=0.25, recurrent_dropout=0.05, precision="bfloat16"
    ),
    data=ReadingDataConfig(
      batch_size=32,
      buckets=10,
      max_points=1200,
      scale_range=0.2,
      slant_range=0.3,
      point_noise=0.05,
    ),
    optimizer=Muon(
      learning_rate=4e-3,
      decay=0.99,
      schedule=Trapezoid(warmup_steps=150),
      max_gradient_norm=1.0,
      loss_per="sequence",
    ),
    training=ReadingTrainingConfig(
      steps=8000,
      average=0.998,
      evaluate_every=250,
      checkpoint_every=50,
      sample_every=500,
    ),
  )
