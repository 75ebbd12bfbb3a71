"""Handwriting prediction on IAM-OnDB (Section 4, Table 3), learned fast.

  python train.py configs/handwriting_prediction.py --data.path ~/iamondb

The paper's network, 3 x 400, M = 20, 3,368,121 weights, by the recipe of
configs/handwriting_synthesis.py, short starts of lines first, but for what it
leaves out because of its text, as there is none to read. The paper's own recipe
is configs/handwriting_prediction_paper.py.

Expected: -1041.0 nats per sequence without noise, squared error 0.41 (Table 3;
its training time is not stated). Over the 616.2 points of our validation lines
-1041.0 is -1.690 nats a point, over the paper's 700 or so -1.487.

Measured: -1043.7 nats per sequence, -1.6938 a point, squared error 0.338 a
coordinate, on two CPU cores (AMD EPYC, AVX-512 BF16), most of the time beside
tests; minutes are of updates alone.

  updates  minutes  nats per sequence
  300      3        -569.0
  600      6        -809.2
  900      9        -905.6
  1,200    19       -976.3
  1,500    28       -1007.5
  1,800    37       -1025.6
  2,100    46       -1036.6
  2,250    50       -1040.4
  2,400    54       -1043.7

One layer of 900 (--network.hidden 900 --workdir runs/prediction_900), 3,366,121
weights, where Table 3 has -1025.7 and 0.40: -938.5 after 20 minutes and 1,200
updates, -1004.1 after 41, -1024.6 after 54, -1025.4 and 0.343 after 59, at the
end. 300 more updates, from a rate of 3e-3 down, came to -1023.0: it had begun
to learn by heart.

Recurrent dropout of 0.25 and lines slanted by up to 0.15, from these -1043.7,
1,800 updates of 16 lines: it fell from -1026.8 after 300 updates to -1047.2 and
squared error 0.337 at the end, after 28 minutes, and was still falling. On the
training lines it had -1.703 a point, on validation -1.700.

  python train.py configs/handwriting_prediction.py --data.path ~/iamondb \\
    --init-from runs/prediction --workdir runs/prediction_dropout \\
    --data.crop-schedule --data.batch-size 16 --data.slant-range 0.15 \\
    --network.recurrent-dropout 0.25 --training.steps 1800 \\
    --training.average 0.997 --training.evaluate-every 300 \\
    --optimizer.learning-rate 0.003 --optimizer.schedule.warmup-steps 20 \\
    --optimizer.schedule.descent-share 0.5

So it may drop less. From there with 0.15, 4,500 updates: -1053.2 after 500 and
9 minutes, -1057.9 after 1,500 and 29 (Table 3, adaptive weight noise: -1057.7),
-1061.2 after 2,000, -1065.7 and squared error 0.330 after 4,000 and 76, the
lowest. Training lines were then at -1.782 a point, validation at -1.730. Back
at 0.25, with lines stretched by up to 0.12 and slanted by 0.2, it was at
-1062.8 after 900 more, and was stopped. Ha et al. (HyperNetworks, 2016) have
-1068, and leave out lines of under 300 points; ours are all lines.

  python train.py configs/handwriting_prediction.py --data.path ~/iamondb \\
    --init-from runs/prediction_dropout --workdir runs/prediction_longer \\
    --data.crop-schedule --data.batch-size 16 --data.slant-range 0.15 \\
    --network.recurrent-dropout 0.15 --training.steps 4500 \\
    --training.average 0.998 --training.evaluate-every 500 \\
    --optimizer.learning-rate 0.003 --optimizer.schedule.warmup-steps 20 \\
    --optimizer.schedule.descent-share 0.6

Dynamic evaluation does harm: over 94 forms of testset_v, after six to tune on,
-1026.9 nats a line in place of -1059.2 (graves-jax evaluate --dynamic
--dynamics.rule rms --dynamics.rms-segments 32 --tune --tune-writers 6 --writers
100).

With whole lines from the start, 32 at once (--data.crop-schedule
--training.steps 2600 --workdir runs/prediction_whole), partly beside other
work: -837.6 after 15 minutes and 600 updates, -979.7 after 25, -1019.2 after
35, -1035.7 after 44, -1044.1 after 58 and 2,400 updates, -1041.4 at the end: it
had begun to learn by heart.

Adaptive weight noise from the last ones (Table 3: -1057.7), with recurrent
dropout and 0.3 of the complexity, 1,300 updates in 35 minutes, part of them
beside other work: it fell from -1025.6 after 150 updates to -1041.5 at the end,
and was still falling.

  python train.py configs/handwriting_prediction.py --data.path ~/iamondb \\
    --init-from runs/prediction_whole \\
    --workdir runs/prediction_adaptive --data.crop-schedule \\
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
