"""Handwriting synthesis on IAM-OnDB (Section 5, Table 4), learned fast.

  python train.py configs/handwriting_synthesis.py --data.path ~/iamondb

One command, from random weights; stopped and started as often as one likes. The
paper's network (3 x 400, M = 20, K = 10) over the 80 characters of the training
transcripts and one unknown class: 3,768,951 weights. In place of the paper's
recipe, which is configs/handwriting_synthesis_paper.py:

- Muon, each gate's momentum made orthogonal, and Adam where no layer reads a
  layer; a warm-up, a level, and a descent over the last quarter, before which
  the run may be lengthened (--training.steps).
- For the first 900 updates the first 300 points of each line, 16 lines at once,
  so that the window learns to read early; then whole lines, 32 at once. Those
  of over 1,200 points, or 64 characters, and those whose transcripts are known
  to be wrong, are left out of training alone.
- Lines stretched by up to 10 % each time that they are read. What is validated
  and writes is a moving average of the weights. A limit on the gradient's norm,
  forget gates whose biases start at 1, bfloat16 products.

Expected: -1096.9 nats per sequence without noise, -1128.2 with adaptive weight
noise (Table 4; its training time is not stated), squared error 0.23, which is
ours a coordinate. The paper counts about 700 points a line, where our 1,438
validation lines have 616.2 on average: its -1096.9 is -1.567 a point over 700
points, and -1.780 over 616.2.

Measured: -1094.6 nats per sequence, -1.777 a point, squared error 0.222 a
coordinate, on two CPU cores (AMD EPYC, AVX-512 BF16), a few of the minutes
beside tests; minutes are of updates alone, one that took more than twice as
long as its points do by the run's median as twice that.

  updates  minutes  nats per sequence  gained by reading
  250      2        -557.8             12
  500      5        -805.3             28
  750      7        -926.5             46
  1,000    12       -978.9             60
  1,250    19       -1037.5            101
  1,500    27       -1063.6            116
  1,750    34       -1085.5            140
  2,000    41       -1094.6            153

Of the 17 words of its last samples (bias 1) Left-wing cannot be read at once,
and a comma is some other mark.

A run of 1,500 updates in all, without other work, whose descent so came
sooner: -955.8 after 900 updates and 8 minutes, -1028.4 after 17 and -1072.0,
135 gained, after 26.

With 450 updates of 64 lines as the curriculum (--data.crop-schedule 450 300 64
--training.steps 1600) and Muon's matrices made orthogonal in five steps, in
part beside other work: -923.3 after 17 minutes, -987.3 after 23, -1058.5 after
35 and -1090.4, 160 gained by reading, after 46.

Tried, one run each, without other work: 9,600 lines' first 300 points, a
warm-up over a fifth and a cosine to a tenth, the rate 8e-3.

  python train.py configs/handwriting_synthesis.py --data.path ~/iamondb \\
    --data.crop-schedule --data.scale-range 0 --data.crop-points 300 \\
    --data.buckets 4 --optimizer.schedule.name cosine \\
    --optimizer.schedule.warmup-steps 60 --optimizer.schedule.final-share 0.1 \\
    --training.steps 300 --training.average None

  lines an update                  minutes  nats per sequence  by reading
  16, 600 updates, warm-up 120     5.3      -879.7             47
  32, 300 updates, warm-up 60      4.5      -793.7             44
  64, 150 updates, warm-up 30      4.0      -658.5             24
  32, all matrices by Muon         4.5      -704.4             20

All 1,438 validation lines, whole. All matrices: those of the first layer's
inputs, of the window and of the output, too. With Muon's iteration in five
steps 32 lines had -781.2, with four that serve smaller values (`muon.SMALLEST`
0.001) -774.7: differences of that size may be chance. Whole lines 16 at once,
too, after 900 updates of short ones: -991.1 after 13.3 minutes, 64 gained by
reading, and -982.0 after 18.3, 14 gained, while the rate was level: too much
noise. In the trial with wrong transcripts and five steps 32 lines had -618.2 at
a rate of 2e-3, -712.7 at 4e-3 and -770.8 at 8e-3. Adam (peak 2e-3, whole lines)
had -536 after 400 updates and -731 after 800.

On a graphics card (benchmarks/README.md), at 128 lines an update and a rate of
5e-3: -998.1 after 708 updates, -1075.3 after 1,416, -1046.3 after 2,124, and
-966.7 after 2,771: after 20 epochs or so lines are learned by heart. Then
configs/handwriting_synthesis_dropout.py goes on, by dropout and then adaptive
weight noise; the weights in graves_jax/pretrained/handwriting were made so.
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
    network=NetworkConfig(weight_range=0.0866, precision="bfloat16"),
    data=DataConfig(
      batch_size=32,
      buckets=10,
      max_points=1200,
      max_characters=64,
      keep_wrong_transcripts=False,
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
      steps=2000,
      average=0.99,
      evaluate_every=250,
      checkpoint_every=50,
      sample_every=500,
    ),
  )
