"""Any text file by its characters: Karpathy's char-rnn, in minutes.

Two layers of 256 LSTM cells, dropout of 0.2 after each, 50 streams, gradients
truncated after 50 characters, the state carried on. Muon in place of RMSProp
(our choice; the post's rule is --optimizer.name rmsprop
--optimizer.learning-rate 2e-3).

  python train.py configs/char_rnn.py --data.path shakespeare.txt
  python sample.py --checkpoint runs/char_rnn --length 2000 --temperature 0.7

shakespeare.txt may be any text; configs/shakespeare.py says where tiny
Shakespeare is found. Without --data.path it learns from the sources of Python's
standard library, so that nothing needs downloading. Text that is not UTF-8:
--data.units bytes. The post's own size takes hours: --network.hidden 512 512
--network.dropout 0.5 --data.batch-size 100 --data.length 100 --training.steps
5000.

Measured on tiny Shakespeare, 1.1 MB, on two CPU cores (AMD EPYC, AVX-512) with
no other work; nats a character on validation's 111,539, minutes of updates
alone. Adam got about as many minutes as Muon, which is 1,990 updates:

  optimizer  rate  updates 500, 1,000, 1,500, 1,990  minutes
  Muon       2e-2  1.616   1.491   1.455             2.5
  Adam       5e-3  1.781   1.597   1.545  1.516      2.4

Muon ends at 2.100 bits, error 43.5 %. To make its matrices orthogonal costs
much here, where an update reads 2,500 characters only: 0.096 s an update,
median, by Adam 0.072. Adam: --optimizer.name adam --optimizer.learning-rate
5e-3 --optimizer.decay 0.99 --training.steps 1990.

Rates that were tried before, with Muon's matrices made orthogonal in five steps
instead of four, after 1,500 updates: 1.552 by Muon at 5e-3, 1.483 at 1e-2,
1.457 at 2e-2; at 4e-2 1.504 after 1,000, where 2e-2 had 1.490.
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
