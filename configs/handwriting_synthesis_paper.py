from graves_jax.config import (
  DataConfig,
  HandwritingConfig,
  NetworkConfig,
  TrainingConfig,
)

LINES = 10_741


def get_config() -> HandwritingConfig:
  return HandwritingConfig(
    network=NetworkConfig(forget_bias=0.0),
    data=DataConfig(alphabet="paper", batch_size=1),
    training=TrainingConfig(
      steps=10 * LINES,
      evaluate_every=LINES,
      checkpoint_every=1000,
      sample_every=LINES,
    ),
  )
