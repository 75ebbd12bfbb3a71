"""Handwriting synthesis from built-in synthetic pen strokes (Section 5).

  python train.py

A small network (2 x 200, 636,676 weights) and short lines, so that everything
can be tried at once: no data to fetch.

Measured on two CPU cores (AMD EPYC, AVX2): every letter of the three sample
texts readable after its 1,000 updates, 4 min 58 s; -409.6 nats per sequence,
-2.720 per point (250 lines of 150.6 points on average). The weights in
graves_jax/pretrained/synthetic are of `--training.steps 1500`: -445.9 (-2.961
per point), in 9 min 56 s of a machine shared with other work.
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
      hidden=(200, 200), mixtures=10, windows=5, window_bias=(0.0, -0.5, -2.4)
    ),
    data=DataConfig(batch_size=32, buckets=3, synthetic_lines=5000),
    optimizer=Adam(
      learning_rate=4e-3,
      decay=0.99,
      schedule=Cosine(warmup_steps=50),
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TrainingConfig(
      steps=1000,
      evaluate_every=500,
      checkpoint_every=100,
      sample_every=250,
      sample_texts=(
        "the quick brown fox",
        "jumps over the lazy dog",
        "Generating Sequences",
      ),
    ),
  )
