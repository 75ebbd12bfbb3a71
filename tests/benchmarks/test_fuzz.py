"""Every parser answers anything with data or with one clear line."""

import pytest
from fuzz_parsers import parsers
from fuzz_trial import MEGABYTES, try_inputs

pytestmark = pytest.mark.slow

PARSERS = parsers()
SLOW = {
  "checkpoint folder": 40,
  "text by words": 60,
  "text by characters": 60,
  "text .gz": 60,
}


@pytest.mark.parametrize("name", PARSERS)
def test_no_input_is_answered_otherwise(name, tmp_path):
  trial = try_inputs(PARSERS[name], tmp_path, SLOW.get(name, 150))
  assert trial.failures == []
  assert trial.inputs == trial.refused + trial.accepted > 10
  assert trial.peak_mb < MEGABYTES
