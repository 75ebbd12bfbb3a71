"""Lines whose transcripts are known to be wrong."""

import dataclasses

from experiments import CONFIG, TRAIN, VALIDATION

from graves_jax.data.sources.iam_ondb.wrong_transcripts import (
  WRONG_TRANSCRIPTS,
)
from graves_jax.tasks import handwriting


def test_they_are_trained_on_unless_the_config_says_no(monkeypatch):
  name = TRAIN[3].name
  monkeypatch.setattr(handwriting, "WRONG_TRANSCRIPTS", {name: "made up"})
  data = dataclasses.replace(CONFIG.data, keep_wrong_transcripts=False)
  without = dataclasses.replace(CONFIG, data=data)
  tasks = [
    handwriting.handwriting_task(config, TRAIN, VALIDATION)
    for config in (CONFIG, without)
  ]
  trained = [task.train_batches.lines for task in tasks]
  assert trained == [len(TRAIN), len(TRAIN) - 1]
  # Neither what is scored nor what classes and offsets mean depends on it.
  assert {task.validation_batches.lines for task in tasks} == {len(VALIDATION)}
  assert tasks[0].metadata.codec == tasks[1].metadata.codec


def test_each_has_a_reason():
  assert all(WRONG_TRANSCRIPTS.values())
