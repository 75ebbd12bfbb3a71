r"""LaTeX, by its characters: Karpathy's book on algebraic geometry.

The post learns the Stacks project, 16 MB of LaTeX, with a multilayer LSTM. Its
sources are public; any folder of LaTeX does:

  git clone https://github.com/stacks/stacks-project stacks
  python train.py configs/latex.py --data.path stacks --data.glob "*.tex"
  python sample.py --checkpoint runs/latex --length 4000 --temperature 0.7
  graves-jax inspect runs/latex

The post's samples nearly compile: environments are closed, mostly in their
order, and proofs lead nowhere. Measured: not run to an end, as no such text was
at hand. A trial of 40 updates on LaTeX that docutils made of CMake's manual
(2.0 MB in 1,001 files) had 4.79 bits a character on validation's 199,498.
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
    network=TextNetworkConfig(
      hidden=(512, 512, 512), dropout=0.25, precision="bfloat16"
    ),
    data=TextDataConfig(batch_size=100, length=100),
    optimizer=Adam(
      learning_rate=2e-3,
      decay=0.99,
      schedule=Cosine(warmup_steps=100),
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TextTrainingConfig(
      steps=8000, evaluate_every=500, checkpoint_every=500, sample_every=1000
    ),
  )
