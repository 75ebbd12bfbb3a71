"""Handwriting synthesis, second stage: recurrent dropout, from trained weights.

Once training and validation part, configs/handwriting_synthesis.py learns lines
by heart. Recurrent dropout (Semeniuta et al., 2016) takes that back, and goes
on from there. The network is the paper's (Section 5), and writes without
dropout.

  python train.py configs/handwriting_synthesis_dropout.py \\
    --data.path ~/iamondb --init-from runs/handwriting_synthesis

A quarter of what the cells add to their state is dropped, at every step; whole
lines, 32 at once, stretched by up to 10 %; Muon, a level and a descent over the
last quarter; a moving average of the weights.

Measured: from weights that a card had learned in five minutes and then learned
by heart (-966.7 nats per sequence), -1082.3 after 300 updates, -1091.7 after
600 and -1094.6 after 900, all 1,438 validation lines; squared error 0.207 a
coordinate; 217 gained by reading. 52 minutes of updates on two CPU cores (AMD
EPYC, AVX-512 BF16), much of it beside other work; alone an update took 1.94 s.
These are the weights in graves_jax/pretrained/handwriting. Until update 255 the
run was one of 1,200. Lines whose transcripts are known to be wrong were still
trained on (--data.keep-wrong-transcripts).

Tried, 60 updates each from the same weights, -966.7 nats per sequence with 245
gained by reading: a fifth dropped, -1060.9 and 226; adaptive weight noise that
begins at a deviation of 0.03, -1028.5 and 235; weight noise of 0.05, -890.8 and
118 (--noise.kind, --noise.stddev, --network.recurrent-dropout, and
--training.steps 60 --training.average 0.9).
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
      weight_range=0.0866, precision="bfloat16", recurrent_dropout=0.25
    ),
    data=DataConfig(
      batch_size=32,
      buckets=10,
      max_points=1200,
      max_characters=64,
      keep_wrong_transcripts=False,
      scale_range=0.1,
    ),
    optimizer=Muon(
      learning_rate=1.5e-3,
      decay=0.99,
      schedule=Trapezoid(warmup_steps=10),
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TrainingConfig(
      steps=900,
      average=0.99,
      evaluate_every=300,
      checkpoint_every=50,
      sample_every=300,
    ),
  )
