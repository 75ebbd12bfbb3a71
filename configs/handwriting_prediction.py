"""Handwriting prediction on IAM-OnDB (Section 4, Table 3), learned fast.

  python train.py configs/handwriting_prediction.py --data.path ~/iamondb

The paper's network, 3 x 400, M = 20, 3,368,121 weights, by the recipe of
configs/handwriting_synthesis.py, but for its curriculum and for what it leaves
out because of its text, as there is none to read; a third as many updates, with
an average as much shorter. The paper's own recipe is
configs/handwriting_prediction_paper.py.

Expected: -1041.0 nats per sequence without noise, squared error 0.41 (Table 3;
its training time is not stated). Over the 616.2 points of our validation lines
-1041.0 is -1.690 nats a point, over the paper's 700 or so -1.487.

Measured: -1044.1 nats per sequence, -1.6946 a point, squared error 0.336 a
coordinate, on two CPU cores (AMD EPYC, AVX-512 BF16), partly beside other work;
minutes are of updates alone. At the end the network learns by heart.

  updates  minutes  nats per sequence
  200      5        -335.2
  600      15       -837.6
  1,000    25       -979.7
  1,400    35       -1019.2
  1,800    44       -1035.7
  2,000    48       -1040.5
  2,200    53       -1042.6
  2,400    58       -1044.1
  2,600    62       -1041.4

Adaptive weight noise from there (Table 3: -1057.7), with recurrent dropout and
0.3 of the complexity, 1,300 updates in 35 minutes, part of them beside other
work: it fell from -1025.6 after 150 updates to -1041.5 at the end, and was
still falling.

  python train.py configs/handwriting_prediction.py --data.path ~/iamondb \\
    --init-from runs/handwriting_prediction \\
    --workdir runs/prediction_adaptive \\
    --network.recurrent-dropout 0.25 --data.slant-range 0.15 \\
    --noise.kind adaptive --noise.stddev 0.015 --noise.complexity-share 0.3 \\
    --optimizer.learning-rate 0.003 --optimizer.schedule.warmup-steps 10 \\
    --optimizer.schedule.descent-share 0.5 --training.steps 1300
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
      batch_size=32,
      buckets=10,
      max_points=1200,
      crop_schedule=((900, 300, 16),),
      scale_range=0.1,
    ),
    optimizer=Muon(
      learning_rate=8e-3,
      decay=0.99,
      schedule=Trapezoid(warmup_steps=150),
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TrainingConfig(
      steps=2400,
      average=0.995,
      evaluate_every=150,
      checkpoint_every=50,
      sample_every=500,
    ),
  )
