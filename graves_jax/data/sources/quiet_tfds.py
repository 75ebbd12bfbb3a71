"""TensorFlow Datasets without its bars and log lines."""

import contextlib
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def quiet(tfds: Any) -> Iterator[None]:
  """Silences the module `tfds`, and leaves its settings as found."""
  from absl import logging
  from tensorflow_datasets.core.utils import tqdm_utils

  bars, verbosity = tqdm_utils._active, logging.get_verbosity()
  tfds.disable_progress_bar()
  logging.set_verbosity(logging.ERROR)
  try:
    yield
  finally:
    tfds.display_progress_bar(bars)
    logging.set_verbosity(verbosity)
