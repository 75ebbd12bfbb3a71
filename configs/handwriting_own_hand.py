"""Handwriting synthesis in one's own hand, from the weights that ship.

A few dozen lines of one hand, as graves-jax prepare makes them of one's own
ink, are read about ten times at a low rate. The alphabet and the size of a
usual step stay those of the weights (data.keep_codec); validation on lines held
out keeps the best of them. With --data.mixed-path, lines of other handwriting
are mixed in.

  graves-jax prepare ink1.svg ink2.svg --text "what it" "says" --out me.jsonl
  python train.py configs/handwriting_own_hand.py --data.path me.jsonl \\
    --init-from handwriting
  python sample.py "dear reader" --checkpoint runs/handwriting_own_hand

Measured with one writer of IAM-OnDB's testset_v, 28 lines of their forms and
four held out, on one core of a busy AMD EPYC: nats a point of 15 other lines of
that writer, and of 22 lines of others (benchmarks/own_hand.py), from weights of
-1094.4 nats a line, which shipped earlier.

  weights to start from, alone                             -1.271   -1.679
  the same, after that writer's longest line (a prime)     -1.143   -1.532
  tuned at 2e-4: 40 updates                                -1.580   -1.447
  the same, 28 other lines mixed in: 60 updates            -1.562   -1.632

So other lines mixed in keep what was known, at little cost: --data.mixed-path
~/iamondb --data.mixed-lines 28 --training.steps 60 --optimizer.learning-rate
2e-4, eight minutes of updates beside much other work, of 4 s in the middle. A
prime makes samples alike, and these lines no likelier. The rate is 5e-4, which
after 40 updates has -0.954 on the lines held out, where 2e-4 has -0.916 (one
run each; no other rate is on record). With 5e-4 the table was not measured.
"""

from graves_jax.config import (
  Adam,
  DataConfig,
  HandwritingConfig,
  NetworkConfig,
  TrainingConfig,
  Trapezoid,
)


def get_config() -> HandwritingConfig:
  return HandwritingConfig(
    network=NetworkConfig(
      weight_range=0.0866, precision="bfloat16", recurrent_dropout=0.25
    ),
    data=DataConfig(batch_size=8, buckets=3, scale_range=0.1, keep_codec=True),
    optimizer=Adam(
      learning_rate=5e-4,
      decay=0.99,
      schedule=Trapezoid(warmup_steps=5),
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TrainingConfig(
      steps=40,
      evaluate_every=10,
      checkpoint_every=10,
      sample_every=40,
      evaluation_batch_size=8,
    ),
  )
