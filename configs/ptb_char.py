"""Penn Treebank by its characters (Section 3.1, Table 1), learned fast.

  python train.py configs/ptb_char.py --data.path ptb

The paper's network, one layer of 1,000 LSTM cells, 49 characters, 4,252,049
weights, by Muon with recurrent dropout and averaged weights; the text in 64
streams. The paper's own recipe, and what it leaves open, is
configs/ptb_char_paper.py.
"""

from graves_jax.config import (
  Muon,
  TextConfig,
  TextDataConfig,
  TextNetworkConfig,
  TextTrainingConfig,
  Trapezoid,
)


def get_config() -> TextConfig:
  return TextConfig(
    network=TextNetworkConfig(
      hidden=(1000,), recurrent_dropout=0.25, precision="bfloat16"
    ),
    data=TextDataConfig(
      source="penn_treebank", units="characters", batch_size=64, length=100
    ),
    optimizer=Muon(
      learning_rate=5e-3,
      decay=0.99,
      schedule=Trapezoid(warmup_steps=100, descent_share=0.45),
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TextTrainingConfig(
      steps=8000,
      average=0.998,
      record_every=10,
      evaluate_every=800,
      checkpoint_every=100,
      sample_every=2000,
      evaluation_batch_size=64,
    ),
  )
