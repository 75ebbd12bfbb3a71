"""The word "hello" over and over: Karpathy's first example, in seconds.

After h, e and the first l the next letter is certain only to a network that
remembers: an l is followed by l once and by o once. The text is
configs/hello.txt.

  python train.py configs/hello.py
  python sample.py --checkpoint runs/hello --prime h --length 4 --temperature 0

Expected: "hello" (the prime and what follows); after the first l an l, after
the second an o, each with a probability above 0.95
(tests/training/test_text_training.py measures it).
"""

from pathlib import Path

from graves_jax.config import (
  Adam,
  TextConfig,
  TextDataConfig,
  TextNetworkConfig,
  TextTrainingConfig,
)

TEXT = Path(__file__).with_name("hello.txt")


def get_config() -> TextConfig:
  return TextConfig(
    network=TextNetworkConfig(hidden=(8,)),
    data=TextDataConfig(path=str(TEXT), batch_size=4, length=10),
    optimizer=Adam(learning_rate=3e-2, decay=0.99, loss_per="element"),
    training=TextTrainingConfig(
      steps=200,
      evaluate_every=50,
      checkpoint_every=100,
      sample_every=50,
      sample_length=20,
      sample_prime="h",
      evaluation_batch_size=1,
    ),
  )
