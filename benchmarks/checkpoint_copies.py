"""A run of a small network, copied and damaged again and again."""

import contextlib
import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np

from graves_jax.checkpoints.metadata import Metadata, to_json
from graves_jax.checkpoints.read import restore_checkpoint
from graves_jax.checkpoints.save import Checkpoints
from graves_jax.config import (
  NoiseConfig,
  TextConfig,
  TextDataConfig,
  TextNetworkConfig,
)
from graves_jax.data.codec import TextCodec
from graves_jax.data.corpus import Corpus
from graves_jax.tasks.text import text_task
from graves_jax.training.experiment import build_experiment

TEXT = "the cat sat on the mat. " * 9
# Every kind of array that a checkpoint can hold: weights, their deviations,
# the optimizer's state, and the network's state in the text.
CONFIG = TextConfig(
  network=TextNetworkConfig(hidden=(4,)),
  data=TextDataConfig(batch_size=2, length=5),
  noise=NoiseConfig(kind="adaptive"),
)
_WHOLE, _OLDER = 2, 1


class CheckpointCopies:
  """Copies of a run with the checkpoints 1 and 2, the second one damaged.

  whole: the run, undamaged.
  sizes: of the files of checkpoint 2, by their names within it.
  ways: names of the ways to restore.
  """

  ways = ("one checkpoint", "the run", "resumed")

  def __init__(self, folder: Path):
    """Trains nothing; writes the run into `folder`."""
    self.whole, self._copy = folder / "run", folder / "copy"
    codec = TextCodec.of(TEXT)
    classes = codec.encode(TEXT)
    corpus = Corpus(
      codec=codec, train=classes, validation=classes, convention="characters"
    )
    experiment = build_experiment(text_task(CONFIG, corpus), jax.devices()[:1])
    self._metadata = experiment.task.metadata
    state = experiment.fetch(experiment.initial_state())
    random = np.random.default_rng(0)
    self._state = jax.tree.map(
      lambda x: np.asarray(random.normal(size=x.shape), x.dtype), state
    )
    checkpoints = Checkpoints(self.whole, state, self._metadata)
    for step in (_OLDER, _WHOLE):
      checkpoints.save(*self._at(step))
      checkpoints.wait()
    checkpoints.close()
    whole = _checkpoint(self.whole)
    self.sizes = {
      str(path.relative_to(whole)): path.stat().st_size
      for path in sorted(whole.rglob("*"))
      if path.is_file()
    }

  @contextlib.contextmanager
  def flipped(self, file: str, byte: int, bit: int) -> Iterator[Path]:
    """A copy of the run in which one bit is another."""
    run = self._copy
    shutil.copytree(self.whole, run)
    try:
      path = _checkpoint(run) / file
      content = bytearray(path.read_bytes())
      content[byte] ^= 1 << bit
      path.write_bytes(content)
      yield run
    finally:
      shutil.rmtree(run)

  def restore(self, way: str, run: Path) -> tuple[str, str]:
    """Restores in one of the ways; the outcome, and what there is to say."""
    try:
      return self._resume(run) if way == "resumed" else self._sample(way, run)
    except (ValueError, FileNotFoundError) as error:
      message = str(error)
      is_clear = str(run) in message and "\n" not in message
      return ("refused" if is_clear else "UNCLEAR"), message
    except Exception as error:
      return "UNCLEAR", f"{type(error).__name__}: {error}"

  def _sample(self, way: str, run: Path) -> tuple[str, str]:
    path = run if way == "the run" else _checkpoint(run)
    restored = restore_checkpoint(path)
    state, metadata = self._at(_WHOLE)
    got = restored.params, restored.stddev
    is_same = _same(got, (state.params, state.stddev)) and (
      to_json(restored.metadata) == to_json(metadata)
    )
    return ("same" if is_same else "WRONG"), ""

  def _resume(self, run: Path) -> tuple[str, str]:
    checkpoints = Checkpoints(run, self._state, self._metadata)
    state, step = checkpoints.restored, checkpoints.metadata.step
    wanted, metadata = self._at(step)
    is_same = _same(state, wanted) and (
      to_json(checkpoints.metadata) == to_json(metadata)
    )
    checkpoints.close()
    is_told = any(str(_checkpoint(run)) in m for m in checkpoints.messages)
    if not is_same or (step != _WHOLE and not is_told):
      return "WRONG", f"step {step}, {checkpoints.messages}"
    return ("same" if step == _WHOLE else "older"), ""

  def _at(self, step: int) -> tuple[Any, Metadata]:
    """State and metadata of a step; the later, the better its score."""
    arrays = jax.tree.map(lambda x: np.asarray(x + step, x.dtype), self._state)
    scores = {"bits_per_symbol": 1 / step, "symbols": len(TEXT)}
    return arrays.replace(step=np.int32(step)), dataclasses.replace(
      self._metadata, step=step, scores=scores
    )


def _checkpoint(run: Path) -> Path:
  return run / "checkpoints" / str(_WHOLE)


def _same(one: Any, other: Any) -> bool:
  """Whether two trees hold the same numbers, bit for bit."""
  pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
  return jax.tree.structure(one) == jax.tree.structure(other) and all(
    a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    for a, b in (map(np.asarray, pair) for pair in pairs)
  )
