"""What a checkpoint says of itself is refused unless it can be true."""

import copy
import json

import pytest
from fuzz_parsers import _metadata_of_all_kinds, _signed

from graves_jax.checkpoints.metadata import from_json, to_json
from graves_jax.checkpoints.read import WrittenCheckpoint

TEXT, HANDWRITING, READING = _metadata_of_all_kinds()


@pytest.mark.parametrize("values", [TEXT, HANDWRITING, READING])
def test_metadata_survive_json(values):
  metadata = from_json(values)
  assert json.loads(json.dumps(to_json(metadata))) == values
  assert from_json(to_json(metadata)) == metadata


@pytest.mark.parametrize("values", [TEXT, HANDWRITING, READING])
def test_what_is_fuzzed_would_be_read_if_it_were_whole(values, tmp_path):
  (tmp_path / "metadata").mkdir()
  (tmp_path / "metadata" / "metadata").write_bytes(_signed(values))
  assert WrittenCheckpoint.read(tmp_path).metadata == from_json(values)


NAN = float("nan")
DEEP = json.loads("[" * 300 + "]" * 300)


@pytest.mark.parametrize(
  ("values", "path", "value", "message"),
  [
    (TEXT, ("kind",), ["text"], "kind"),
    (TEXT, ("kind",), "music", "handwriting, text, reading"),
    (TEXT, ("step",), -1, "step"),
    (TEXT, ("step",), 1.5, "step"),
    (TEXT, ("step",), 10**400, "step"),
    (TEXT, ("ancestry",), {"run": 1}, "ancestry"),
    (TEXT, ("ancestry", 0), [], "Stage must be a table"),
    (TEXT, ("ancestry", 0, "step"), "7", "step"),
    (TEXT, ("scores",), [1], "scores"),
    (TEXT, ("scores", "symbols"), "many", "scores"),
    (TEXT, ("history", "best"), True, "best"),
    (TEXT, ("history", "later"), 1, "unknown fields"),
    (TEXT, ("data",), None, "data"),
    (TEXT, ("config",), None, "must be a table"),
    (TEXT, ("config", "network", "hidden"), [10**9], "65,536 or less"),
    (TEXT, ("config", "network", "hidden"), [1] * 99, "99 numbers"),
    (TEXT, ("config", "network", "hidden"), DEEP, "hidden"),
    (TEXT, ("config", "network", "forget_bias"), NAN, "finite|or more"),
    (TEXT, ("config", "network", "lstm_clip"), 10**400, "lstm_clip"),
    (TEXT, ("config", "optimizer", "learning_rate"), NAN, "learning_rate"),
    (TEXT, ("config", "data", "batch_size"), 2**40, "batch_size"),
    (READING, ("config", "network", "joined"), 0, "joined"),
    (READING, ("config", "data", "slant_range"), -1.0, "slant_range"),
    (READING, ("kind",), "handwriting", "unknown fields"),
    (HANDWRITING, ("codec",), [], "a codec must be"),
    (HANDWRITING, ("codec", "alphabet"), "ab", "list of characters"),
    (HANDWRITING, ("codec", "alphabet"), ["a", ["b"]], "single characters"),
    (HANDWRITING, ("codec", "alphabet"), ["a", "\ud800"], "single characters"),
    (HANDWRITING, ("codec", "normalization"), 3, "normalization"),
    (HANDWRITING, ("codec", "normalization", "mean"), [0.0], "2 numbers"),
    (HANDWRITING, ("codec", "normalization", "mean"), [0.0, "1"], "2 numbers"),
    (HANDWRITING, ("codec", "normalization", "std"), [0.0, 1.0], "above 0"),
    (HANDWRITING, ("codec", "normalization", "std"), [NAN, 1.0], "2 numbers"),
    (HANDWRITING, ("codec", "points_per_character"), 10**400, "1 number below"),
    (HANDWRITING, ("codec", "points_per_character"), True, "1 number below"),
  ],
)
def test_other_values_are_refused_by_name(values, path, value, message):
  broken = copy.deepcopy(values)
  holder = broken
  for key in path[:-1]:
    holder = holder[key]
  holder[path[-1]] = value
  with pytest.raises(ValueError, match=message) as error:
    from_json(broken)
  assert len(str(error.value)) < 600 and "\n" not in str(error.value)


@pytest.mark.parametrize("key", sorted(TEXT.keys() - {"ancestry", "history"}))
def test_a_missing_value_is_named(key):
  with pytest.raises(ValueError, match=rf"lacks the fields \['{key}'\]"):
    from_json({k: v for k, v in TEXT.items() if k != key})


@pytest.mark.parametrize("value", [None, [], "text", 3, {}])
def test_what_is_no_metadata_is_refused(value):
  with pytest.raises(ValueError, match="StoredMetadata"):
    from_json(value)
