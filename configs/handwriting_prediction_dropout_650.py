"""Handwriting prediction with recurrent dropout, two layers of 650 cells.

The larger network of Ha et al., *HyperNetworks* (2016), Table 5: all but its
layers is as in configs/handwriting_prediction_dropout.py, which see.

  python train.py configs/handwriting_prediction_dropout_650.py \\
    --data.path ~/iamondb

2 x 650, M = 20, 5,252,121 weights. Expected: -1135 nats per sequence
(published; its training time is not stated). Measured: not run.
"""

import dataclasses

from configs import handwriting_prediction_dropout
from graves_jax.config import HandwritingConfig


def get_config() -> HandwritingConfig:
  config = handwriting_prediction_dropout.get_config()
  network = dataclasses.replace(config.network, hidden=(650, 650))
  return dataclasses.replace(config, network=network)
