"""Any text file by its characters: Karpathy's char-rnn.

Two layers of 512 LSTM cells, dropout of 0.5 after each, 100 streams, gradients
truncated after 100 characters, the state carried on. Adam in place of RMSProp
(our choice; --optimizer.name rmsprop --optimizer.decay 0.95 is the post's).

  python train.py configs/char_rnn.py --data.path shakespeare.txt
  python sample.py --checkpoint runs/char_rnn --length 2000 --temperature 0.7

Without --data.path it learns from the sources of Python's standard library, so
that nothing needs downloading. Text that is not UTF-8: --data.units bytes.

Measured: not run to its end; for tiny Shakespeare see configs/shakespeare.py.
"""

from graves_jax.config import (
  OptimizerConfig,
  TextConfig,
  TextDataConfig,
  TextNetworkConfig,
  TextTrainingConfig,
)


def get_config() -> TextConfig:
  return TextConfig(
    network=TextNetworkConfig(hidden=(512, 512), dropout=0.5),
    data=TextDataConfig(batch_size=100, length=100),
    optimizer=OptimizerConfig(
      name="adam",
      learning_rate=2e-3,
      momentum=0.9,
      decay=0.99,
      epsilon=1e-8,
      schedule="cosine",
      warmup_steps=50,
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TextTrainingConfig(
      steps=5000, evaluate_every=250, checkpoint_every=100, sample_every=250
    ),
  )
