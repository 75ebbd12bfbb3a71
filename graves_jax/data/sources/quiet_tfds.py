"""TensorFlow Datasets without its bars and log lines."""

import contextlib
import logging
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def quiet(tfds: Any) -> Iterator[None]:
  """Silences the module `tfds`, and leaves its settings as found."""
  from tensorflow_datasets.core.utils import tqdm_utils

  logger = logging.getLogger("absl")
  bars, level = tqdm_utils._active, logger.level
  tfds.disable_progress_bar()
  logger.setLevel(logging.ERROR)
  try:
    yield
  finally:
    tfds.display_progress_bar(bars)
    logger.setLevel(level)
