"""Handwriting synthesis on IAM-OnDB (Section 5, Table 4), the paper's way.

  python train.py configs/handwriting_synthesis_paper.py --data.path ~/iamondb
  graves-jax evaluate --checkpoint runs/handwriting_synthesis_paper

Network: 3 x 400, M = 20, K = 10, 57 characters, 3,653,751 weights. Graves'
RMSProp, one line an update, derivatives clipped to +-10 (LSTM) and +-100
(outputs), no limit on the gradient's norm, forget gates without a bias of their
own, all 10,741 lines whole. configs/handwriting_synthesis.py is the way that
reaches letters sooner.

Expected: -1096.9 nats per sequence, squared error 0.23 (Table 4); -1128.2 with
adaptive weight noise. The paper counts about 700 points a line and over 25 a
letter, the official archive has 628 and 21.6: -1096.9 is -1.567 nats a point
over 700 points, and -1.780 over the 616.2 of our validation lines. That alone
may decide a comparison.

Measured: 20 updates only (--training.steps 20), on two CPU cores that a dozen
other processes shared: from 3.5 to about 2 nats a point, at 111 to 454 points a
second once each of the ten padded lengths was compiled. At the best of these
rates an epoch, 6.77 million points, takes 4.1 hours; ten of them, as here, 41.

Ours, where the paper is silent or differs: all that
configs/handwriting_prediction_paper.py lists, and

- which 57 classes: the 52 letters, space, apostrophe, comma, full stop, and one
  for every other character;
- the window's raw outputs act up to 10, so that no exponential overflows; above
  it the derivative is zero;
- the window's biases start at 0, -0.5 and -3 (network.window_bias), so that at
  first it moves 1/20 of a character a point. From 0 it would move a whole
  character a point, past a usual text after 30 of its line's 628 points.
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
    network=NetworkConfig(forget_bias=0.0),
    data=DataConfig(alphabet="paper", batch_size=1),
    training=TrainingConfig(
      steps=10 * LINES,
      evaluate_every=LINES,
      checkpoint_every=1000,
      sample_every=LINES,
    ),
  )
