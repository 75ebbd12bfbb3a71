"""Tiny Shakespeare, 1.1 MB, by its characters.

Two layers of 512 LSTM cells with dropout after each; the last tenth of the text
is for validation, as in nanoGPT, which publishes 1.88 nats a character after 3
minutes on a laptop's processor and 1.4697 on an A100. tinyshakespeare.txt is
data/tinyshakespeare/input.txt of https://github.com/karpathy/char-rnn,
1,115,394 bytes, whose SHA-256 begins with 86c4e6aa9db7c042.

  python train.py configs/shakespeare.py --data.path tinyshakespeare.txt

Measured, on two CPU cores (AMD EPYC, AVX-512 BF16), with bfloat16 products and
kept memory (benchmarks/same_memory.py), on validation's 111,539 characters:
1.4577 nats a character (2.103 bits, error 43.1 %) after 1,900 updates, 17.6
minutes; 1.4613 at the end, after 30.3. Below 1.88 between 1.8 minutes (1.9285)
and 2.7 (1.7737). Minutes are the updates' own: scoring, and pauses for other
work, are not counted.

  python train.py configs/shakespeare.py --data.path tinyshakespeare.txt \\
    --network.precision bfloat16 --training.evaluation-batch-size 64

With `--network.dropout 0.3 --training.steps 1200 --training.evaluate-every 50`:
1.8184 after 2.2 minutes, 1.4853 at the end, after 10.7.
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
    network=TextNetworkConfig(hidden=(512, 512), dropout=0.5),
    data=TextDataConfig(batch_size=64, length=100),
    optimizer=Adam(
      learning_rate=4e-3,
      decay=0.99,
      schedule=Cosine(warmup_steps=50),
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TextTrainingConfig(
      steps=3200, evaluate_every=100, checkpoint_every=100, sample_every=400
    ),
  )
