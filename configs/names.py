"""Names, one a line, by their characters: Karpathy's baby names.

  python train.py configs/names.py --data.path names.txt
  python sample.py --checkpoint runs/names --length 5000 --novel

--novel prints only the names that are not in the training text; the post found
nine in ten of them new. names.txt is any file of one name a line. Measured, not
on his: of 5,163 first names of the census of the United States of 1990, 1.9980
nats a character (error 64 %) after 600 updates, the best; 2,516 of 2,826
different names in samples were new (--length 2000 --copies 10).
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
    network=TextNetworkConfig(hidden=(128, 128), dropout=0.2),
    data=TextDataConfig(batch_size=20, length=50),
    optimizer=Adam(
      learning_rate=4e-3,
      decay=0.99,
      schedule=Cosine(warmup_steps=50),
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TextTrainingConfig(
      steps=2000,
      evaluate_every=100,
      checkpoint_every=100,
      sample_every=100,
      sample_length=200,
    ),
  )
