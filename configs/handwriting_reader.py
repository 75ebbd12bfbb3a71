"""Reading handwriting: connectionist temporal classification of IAM-OnDB.

  graves-jax train handwriting_reader --data.path ~/iamondb
  graves-jax evaluate --checkpoint runs/handwriting_reader

A reader measures how legible handwriting is. Three bidirectional layers of 160
cells in each direction, over two neighboring pen elements at a time, and the
80 characters of the training transcripts, one class for every other, and the
blank: 1,474,322 weights.

Each time that a line is read it is stretched by up to 20 %, leant by up to 17
degrees, and its points are blurred by a twentieth of the usual offset; what is
validated is a moving average of the weights. The checkpoint that is kept as the
best has the least character error, read greedily. Lines whose transcripts are
known to be wrong are left out. All that is our choice.

Expected: 5.9 % character error without a language model (Carbune et al., 2020,
whose points are Bezier curves). Measured: 6.3 %, greedily, over all 1,438 lines
of testset_v, after 51 minutes of updates on two busy cores (AMD EPYC, AVX-512
BF16), trained with the wrong transcripts, too; 10.5 % after 1,000 updates,
7.6 % after 2,000, 6.6 % after 4,000. It is
graves_jax/pretrained/handwriting_reader.

The reader that chooses among pens has two layers of 180 and sees four elements
as one, which takes half of the time and reads worse. Its two commands stand in
graves_jax/pretrained/handwriting_ranker/README.md.
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
      hidden=(160, 160, 160),
      dropout=0.4,
      recurrent_dropout=0.1,
      precision="bfloat16",
    ),
    data=ReadingDataConfig(
      batch_size=32,
      buckets=6,
      max_points=1200,
      keep_wrong_transcripts=False,
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
      steps=6000,
      average=0.998,
      evaluate_every=500,
      checkpoint_every=50,
      sample_every=1000,
    ),
  )
