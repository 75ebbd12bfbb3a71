"""Penn Treebank by its characters (Section 3.1, Table 1).

The paper's network: one layer of 1,000 LSTM cells, 49 characters, 4,252,049
weights; SGD with a learning rate of 1e-4 and momentum 0.99, one sequence an
update, its gradient summed over time, derivatives clipped to +-1. The length
of a sequence is not stated; ours is 100 characters, with the state carried on.
Convention G (data.convention) is the one that the paper's figures fit.

  python train.py configs/ptb_char.py --data.path ptb
  python evaluate.py --checkpoint runs/ptb_char --split test

Expected: 1.32 bits a character on the test set after 9 epochs, perplexity 167
(Table 1, no regularization).
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
    network=TextNetworkConfig(hidden=(1000,), forget_bias=0.0),
    data=TextDataConfig(
      source="penn_treebank", units="characters", batch_size=1, length=100
    ),
    optimizer=OptimizerConfig(name="sgd", learning_rate=1e-4, momentum=0.99),
    training=TextTrainingConfig(
      steps=9 * 52_279,
      record_every=100,
      evaluate_every=5000,
      checkpoint_every=1000,
      sample_every=5000,
    ),
  )
