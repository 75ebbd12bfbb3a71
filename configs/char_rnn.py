"""Any text file by its characters: Karpathy's char-rnn, in minutes.

Two layers of 256 LSTM cells, dropout of 0.2 after each, 50 streams, gradients
truncated after 50 characters, the state carried on. Adam in place of RMSProp
(our choice; the post's rule is --optimizer.name rmsprop).

  python train.py configs/char_rnn.py --data.path shakespeare.txt
  python sample.py --checkpoint runs/char_rnn --length 2000 --temperature 0.7

Without --data.path it learns from the sources of Python's standard library, so
that nothing needs downloading. Text that is not UTF-8: --data.units bytes.
The post's own size takes hours: --network.hidden 512 512 --network.dropout 0.5
--data.batch-size 100 --data.length 100 --training.steps 5000.

Measured on tiny Shakespeare, 1.1 MB: 1.5483 nats a character (2.234 bits, error
46.2 %) on validation's 111,539 characters, below 1.77 after a third of the
updates. 5.1 minutes of processor time in all (user and system, as `time` counts
them), compiling and scoring included: on two cores (AMD EPYC, AVX-512) that
some twenty processes shared, where the clock counted 42 minutes, in two starts.
"""

from graves_jax.config import (
  Adam,
  Cosine,
  TextConfig,
  TextDataConfig,
  TextNetworkConfig,
  TextTrainingConfig,
)


def get_config() -> TextConfig:
  return TextConfig(
    network=TextNetworkConfig(hidden=(256, 256), dropout=0.2),
    data=TextDataConfig(batch_size=50, length=50),
    optimizer=Adam(
      learning_rate=5e-3,
      decay=0.99,
      schedule=Cosine(warmup_steps=50),
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TextTrainingConfig(
      steps=1500, evaluate_every=250, checkpoint_every=100, sample_every=250
    ),
  )
