"""War and Peace by its characters, a sample every 100 steps.

Karpathy shows what such a network writes after 100, 300, 500, 700, 1,200 and
2,000 iterations: first spaces and word lengths, then words, then sentences.
runs/war_and_peace/samples keeps what ours writes. warandpeace.txt is Project
Gutenberg's eBook 2600 as plain text; ours has 3,293,492 bytes.

  python train.py configs/war_and_peace.py --data.path warandpeace.txt

Measured, on two CPU cores (AMD EPYC, AVX-512 BF16), with bfloat16 products and
kept memory (benchmarks/same_memory.py): 1.4001 nats a character (2.020 bits,
error 41.8 %) on the last tenth, 322,758 characters, after 2,000 updates and 9.0
minutes, scoring not counted. docs/war_and_peace.md shows what it wrote on the
way.

  python train.py configs/war_and_peace.py --data.path warandpeace.txt \\
    --network.precision bfloat16 --training.evaluation-batch-size 64
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
    network=TextNetworkConfig(hidden=(512, 512)),
    data=TextDataConfig(batch_size=50, length=50),
    optimizer=Adam(
      learning_rate=2e-3,
      decay=0.99,
      schedule=Cosine(warmup_steps=50),
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TextTrainingConfig(
      steps=2000, evaluate_every=500, checkpoint_every=100, sample_every=100
    ),
  )
