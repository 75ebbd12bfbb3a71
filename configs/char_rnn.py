"""Any text file by its characters: Karpathy's char-rnn, in minutes.

Two layers of 256 LSTM cells, dropout of 0.2 after each, 50 streams, gradients
truncated after 50 characters, the state carried on. Muon in place of RMSProp
(our choice; the post's rule is --optimizer.name rmsprop
--optimizer.learning-rate 2e-3).

  python train.py configs/char_rnn.py --data.path shakespeare.txt
  python sample.py --checkpoint runs/char_rnn --length 2000 --temperature 0.7

Without --data.path it learns from the sources of Python's standard library, so
that nothing needs downloading. Text that is not UTF-8: --data.units bytes.
The post's own size takes hours: --network.hidden 512 512 --network.dropout 0.5
--data.batch-size 100 --data.length 100 --training.steps 5000.

Measured on tiny Shakespeare, 1.1 MB, on two CPU cores (AMD EPYC, AVX-512) that
all runs shared with other work; nats a character on validation's 111,539,
minutes of updates alone:

  optimizer  rate  updates 500, 1,000, 1,500  minutes
  Adam       5e-3  1.786   1.604   1.565      3.7
  Muon       5e-3  1.748   1.580   1.552      5.2
  Muon       1e-2  1.636   1.507   1.483      5.6
  Muon       2e-2  1.618   1.490   1.457      5.8
  Muon       4e-2  1.628   1.504   not run

Muon at 2e-2 has 1.490 after 4.1 minutes, and ends at 2.102 bits, error 43.3 %.
To make its matrices orthogonal costs much here, where they are small: 0.21 s an
update, median, by Adam 0.14. Adam: --optimizer.name adam
--optimizer.learning-rate 5e-3 --optimizer.decay 0.99.
"""

from graves_jax.config import (
  Cosine,
  Muon,
  TextConfig,
  TextDataConfig,
  TextNetworkConfig,
  TextTrainingConfig,
)


def get_config() -> TextConfig:
  return TextConfig(
    network=TextNetworkConfig(hidden=(256, 256), dropout=0.2),
    data=TextDataConfig(batch_size=50, length=50),
    optimizer=Muon(
      learning_rate=2e-2,
      decay=0.99,
      schedule=Cosine(warmup_steps=50),
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TextTrainingConfig(
      steps=1500, evaluate_every=250, checkpoint_every=100, sample_every=250
    ),
  )
