"""C source, by its characters: Karpathy's Linux.

The post joins all sources of the Linux kernel, 474 MB, and learns them with
three layers and some 10 million weights for a few days; of the sizes it names,
3 x 512 with dropout is the nearest. Any folder of C does:

  python train.py configs/c_source.py --data.path linux --data.glob "*.[ch]"
  python sample.py --checkpoint runs/c_source --length 2000 --temperature 0.7
  graves-jax inspect runs/c_source

Files are joined in the order of their names, so that validation is on the last
ones. Bytes, not characters, as comments are in many languages.

The post's samples have comments, indented blocks and brackets that close, and
variables that were never declared. Measured: not run to an end. A trial
of 20 updates on a Linux system's headers (93 MB in 7,270 files, --data.path
/usr/include --data.glob "*.h") had 5.49 bits a byte on the first 20,000 bytes
of validation.
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
    data=TextDataConfig(units="bytes", batch_size=100, length=100),
    optimizer=Adam(
      learning_rate=2e-3,
      decay=0.99,
      schedule=Cosine(warmup_steps=100),
      max_gradient_norm=1.0,
      loss_per="element",
    ),
    training=TextTrainingConfig(
      steps=20_000, evaluate_every=1000, checkpoint_every=500, sample_every=1000
    ),
  )
