"""IAM-OnDB from its archives: what is kept, what is repaired, what is refused.

Most tests use small archives of the same layout, made here.
"""

import gzip
import io
import logging
import tarfile
from pathlib import Path

import jax
import numpy as np
import pytest

from graves_jax.config import (
  DataConfig,
  HandwritingConfig,
  NetworkConfig,
  TrainingConfig,
)
from graves_jax.data.sources import untrusted_tar
from graves_jax.data.sources.iam_ondb import prepared as iam_ondb
from graves_jax.data.sources.iam_ondb import report as iam_ondb_report
from graves_jax.data.sources.iam_ondb.prepared import (
  archive as iam_ondb_archive,
)
from graves_jax.data.sources.iam_ondb.repairs import (
  interpolate,
  remove_long_steps,
  repair,
)
from graves_jax.data.sources.stroke_file import read_stroke_file
from graves_jax.data.strokes import offsets_from_strokes
from graves_jax.tasks.handwriting import handwriting_task
from graves_jax.training.evaluate import evaluate
from graves_jax.training.experiment import build_experiment

# Transcripts of a small database: form -> what follows "CSR:".
FORMS = {
  "a01-000u": "One line\r\nand two\r\n\r\n",
  "a02-000": "\n  Three \n",
  "b05-001x": "Four 4\n",
  "c06-002z": "of four # forms\n",
  "z01-000z": "in no list\n",
}
LISTS = {
  "trainset": ["a01-000u"],
  "testset_v": ["a02-000"],
  "testset_t": ["b05-001x"],
  "testset_f": ["c06-002z"],
}


def ink(seed=0):
  """Three strokes [n, 3] of a pen at 67 Hz, with the times in 0.01 s."""
  rng = np.random.default_rng(seed)
  steps = rng.integers(-20, 60, [40, 2])
  readings = np.column_stack([steps.cumsum(0), 0.015 * np.arange(40)])
  return np.split(readings.round(2), [15, 16])


def xml(strokes):
  points = (
    "".join(f'<Point x="{x:g}" y="{y:g}" time="{t:.2f}"/>\n' for x, y, t in s)
    for s in strokes
  )
  body = "".join(f'<Stroke colour="black">{p}</Stroke>\n' for p in points)
  return (
    '<?xml version="1.0" encoding="ISO-8859-1"?>\n<WhiteboardCaptureSession>'
    f"<StrokeSet>{body}</StrokeSet></WhiteboardCaptureSession>\n"
  ).encode()


def file_member(name, content):
  info = tarfile.TarInfo(name)
  info.size = len(content)
  return info, content


def link_member(name, target, kind=tarfile.SYMTYPE):
  info = tarfile.TarInfo(name)
  info.type, info.linkname = kind, target
  return info, b""


def write_tar(path, members):
  with tarfile.open(path, "w:gz") as tar:
    for info, content in members:
      tar.addfile(info, io.BytesIO(content))


def make_database(folder, forms=FORMS, replace=None, extra=(), first=()):
  """Writes the six files. `replace` maps a line's name to its XML or None."""
  folder.mkdir(exist_ok=True)
  inks, texts = list(first), []
  for seed, (form, text) in enumerate(forms.items()):
    place = f"{form[:3]}/{form[:7]}"
    content = f"OCR:\r\n\r\nprompt\r\n\r\nCSR:\r\n\r\n{text}".encode()
    texts.append(file_member(f"ascii/{place}/{form}.txt", content))
    for number in range(1, len(text.split("\n"))):
      name = f"{form}-{number:02}"
      content = (replace or {}).get(name, xml(ink(10 * seed + number)))
      if text.split("\n")[number - 1].strip() and content is not None:
        inks.append(file_member(f"lineStrokes/{place}/{name}.xml", content))
  # The one blank line stands first.
  if "a02-000" in forms:
    inks.append(file_member("lineStrokes/a02-000-01.xml", xml(ink(99))))
    inks = [m for m in inks if not m[0].name.endswith("a02-000-02.xml")]
  write_tar(folder / "lineStrokes-all.tar.gz", [*inks, *extra])
  write_tar(folder / "ascii-all.tar.gz", texts)
  for split, entries in LISTS.items():
    text = "".join(f" {form}\n" for form in entries)
    (folder / f"{split}.txt").write_text(text)
  return folder


@pytest.fixture(scope="module")
def database(tmp_path_factory):
  return make_database(tmp_path_factory.mktemp("archives") / "iamondb")


def test_lines_meet_their_texts_in_the_splits_of_the_paper(
  database, prepared_dir
):
  train = iam_ondb.load(database, "train", prepared_dir)
  assert [(line.name, line.text) for line in train] == [
    ("a01-000u-01", "One line"),
    ("a01-000u-02", "and two"),
    ("c06-002z-01", "of four # forms"),
    ("b05-001x-01", "Four 4"),
  ]
  (validation,) = iam_ondb.load(database, "validation", prepared_dir)
  assert validation.text == "Three" and validation.name == "a02-000-01"
  (same,) = iam_ondb.load(database, "testset_v", prepared_dir)
  np.testing.assert_array_equal(same.points, validation.points)


def test_prepared_points_are_the_elements_of_the_ink(database, prepared_dir):
  line = iam_ondb.load(database, "trainset", prepared_dir)[1]
  expected = offsets_from_strokes([stroke[:, :2] for stroke in ink(2)])
  assert line.points.dtype == np.float32
  np.testing.assert_array_equal(line.points, expected)
  line.points[0] = 0  # belongs to the caller


def test_a_second_load_reads_what_the_first_prepared(tmp_path, monkeypatch):
  database = make_database(tmp_path / "iamondb")
  first, prepared = [], tmp_path / "prepared"
  iam_ondb.load(database, "train", prepared, lambda *now: first.append(now))
  size = (database / "lineStrokes-all.tar.gz").stat().st_size
  assert first == sorted(first) and first[-1] == (size, size)

  def never(*_):
    raise AssertionError("parsed again")

  monkeypatch.setattr(iam_ondb, "read_lines", never)
  assert len(iam_ondb.load(database, "train", prepared, never)) == 4


def test_other_archives_are_prepared_anew(tmp_path):
  forms = {**FORMS, "a02-000": "\n  Thrice \n"}
  prepared = tmp_path / "prepared"
  for expected in ("Three", "Thrice"):
    database = make_database(
      tmp_path / "iamondb", FORMS if expected == "Three" else forms
    )
    (line,) = iam_ondb.load(database, "validation", prepared)
    assert line.text == expected


def test_preparing_is_silent_and_leaves_settings_as_they_were(
  tmp_path, capfd, caplog
):
  import absl.logging
  from tensorflow_datasets.core.utils import tqdm_utils

  before = tqdm_utils._active, absl.logging.get_verbosity()
  with caplog.at_level(logging.INFO):
    iam_ondb.load(make_database(tmp_path / "d"), "train", tmp_path / "p")
  assert (tqdm_utils._active, absl.logging.get_verbosity()) == before
  captured = capfd.readouterr()
  assert captured.out == "" and captured.err == ""


def test_the_data_source_of_tfds_can_be_used_directly(database, prepared_dir):
  source = iam_ondb.prepare(database, prepared_dir).as_data_source("trainset")
  assert len(source) == 2
  assert source[0]["points"].shape[1] == 3


@pytest.mark.parametrize("damage", ["records", "info", "folder"])
def test_damaged_prepared_data_are_named(tmp_path, damage):
  database = make_database(tmp_path / "iamondb")
  prepared = tmp_path / "prepared"
  folder = Path(iam_ondb.prepare(database, prepared).data_path)
  if damage == "records":
    (records,) = folder.glob("*testset_v*")
    records.write_bytes(records.read_bytes()[:100])
  elif damage == "info":
    info = folder / "dataset_info.json"
    info.write_bytes(info.read_bytes()[:100])
  else:
    for file in folder.iterdir():
      file.unlink()
  with pytest.raises(ValueError, match=r"(?s)prepared.*delete that folder"):
    iam_ondb.load(database, "validation", prepared)


def test_an_unknown_split_is_named(database):
  with pytest.raises(ValueError, match=r"'test'.*train, validation, trainset"):
    iam_ondb.load(database, "test")


# Bad archives.


@pytest.mark.parametrize("name", ["ascii-all.tar.gz", "testset_f.txt"])
def test_a_missing_file_is_named_with_where_to_get_it(tmp_path, name):
  database = make_database(tmp_path / "iamondb")
  (database / name).unlink()
  with pytest.raises(
    FileNotFoundError, match=f"{name} not found in .*iamondb. Register"
  ):
    iam_ondb.load(database, "train", tmp_path)


def test_a_truncated_archive_is_refused_and_leaves_nothing(tmp_path):
  database = make_database(tmp_path / "iamondb")
  archive = database / "lineStrokes-all.tar.gz"
  whole = archive.read_bytes()
  for end in (0, 5, len(whole) // 2, len(whole) - 1):
    archive.write_bytes(whole[:end])
    with pytest.raises(ValueError, match=r"lineStrokes-all.*truncated"):
      iam_ondb.load(database, "train", tmp_path / "prepared")
  assert not list((tmp_path / "prepared").rglob("*.*record*"))
  assert not list((tmp_path / "prepared").rglob("*incomplete*"))


def test_an_archive_with_a_flipped_byte_is_refused(tmp_path):
  database = make_database(tmp_path / "iamondb")
  archive = database / "lineStrokes-all.tar.gz"
  content = bytearray(archive.read_bytes())
  content[-6] ^= 1  # of the checksum
  archive.write_bytes(content)
  with pytest.raises(ValueError, match="download it again"):
    iam_ondb.read_lines(database)


BILLION_LAUGHS = (
  b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
  b'<a><Stroke><Point x="1" y="2" time="&b;"/></Stroke></a>'
)
EXTERNAL = (
  b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a></a>'
)


@pytest.mark.parametrize(
  ("content", "message"),
  [
    (xml(ink())[:-20], "malformed XML"),
    (b"", "malformed XML"),
    (BILLION_LAUGHS, "document type or entities"),
    (EXTERNAL, "document type or entities"),
    (b"<a></a>", "no Point"),
    (b'<a><Point x="1" y="1" time="1"/></a>', "before the first Stroke"),
    (b'<a><Stroke><Point x="1" y="1"/></Stroke></a>', "other attributes"),
    (xml(ink()).replace(b'x="', b'x="z', 1), "could not convert"),
    (xml(ink()).replace(b'x="', b'x="nan" z="', 1), "other attributes"),
    (xml([[[np.nan, 1, 1]]]), "not a number below"),
    (xml([[[1e300, 1, 1]]]), "not a number below"),
    (xml([[[1, 1, 1]]]), "two points or more"),
    (xml([[[k, 1, k] for k in range(20_001)]]), "more than 20,000 points"),
    (b'<?xml version="1.0" encoding="rot13"?><a/>', "malformed XML"),
    (b'<?xml version="1.0" encoding="no-such"?><a/>', "malformed XML"),
  ],
)
def test_a_bad_stroke_file_is_named(tmp_path, content, message):
  database = make_database(tmp_path / "d", replace={"a01-000u-02": content})
  with pytest.raises(ValueError, match=f"a01-000u-02.*{message}"):
    iam_ondb.read_lines(database)


def test_files_of_forms_in_no_list_are_not_read(tmp_path):
  database = make_database(tmp_path / "d", replace={"z01-000z-01": b"<a>"})
  lines, _ = iam_ondb.read_lines(database)
  assert sum(map(len, lines.values())) == 5


@pytest.mark.parametrize(
  ("member", "message"),
  [
    (file_member("../a01-000u-03.xml", b""), "inside the archive"),
    (file_member("/etc/a01-000u-03.xml", b""), "inside the archive"),
    (file_member("a\\..\\..\\a01-000u-03.xml", b""), "inside the archive"),
    (link_member("a01-000u-03.xml", "/etc/passwd"), "no links"),
    (link_member("a", "b", tarfile.LNKTYPE), "no links"),
    (file_member("a01-000u-03.xml", bytes(5 << 20)), "are allowed"),
    (file_member("x" * (5 << 20), b""), "are allowed"),
  ],
)
def test_harmful_members_are_refused(tmp_path, member, message):
  database = make_database(tmp_path / "d", first=[member])
  with pytest.raises(ValueError, match=rf"lineStrokes-all.*{message}"):
    iam_ondb.read_lines(database)
  assert sorted(p.name for p in tmp_path.iterdir()) == ["d"]


def test_the_number_of_members_is_bounded(tmp_path, monkeypatch):
  monkeypatch.setattr(untrusted_tar, "ARCHIVE_MEMBERS", 3)
  with pytest.raises(ValueError, match="one more than the 3 members"):
    iam_ondb.read_lines(make_database(tmp_path / "d"))


def test_the_size_of_an_archive_is_bounded(tmp_path, monkeypatch):
  database = make_database(tmp_path / "d")
  monkeypatch.setattr(untrusted_tar, "ARCHIVE_BYTES", 1 << 12)
  with pytest.raises(ValueError, match="unpacks to"):
    iam_ondb.read_lines(database)


def test_a_file_that_is_no_archive_is_named(tmp_path):
  database = make_database(tmp_path / "d")
  archive = database / "ascii-all.tar.gz"
  for content in (b"<html>login</html>", gzip.compress(b"no tar" * 999)):
    archive.write_bytes(content)
    with pytest.raises(ValueError, match=r"ascii-all.*no \.tar\.gz archive"):
      iam_ondb.read_lines(database)


def test_two_files_of_one_line_are_refused(tmp_path):
  twice = file_member("lineStrokes/x/a01-000u-01.xml", xml(ink()))
  with pytest.raises(ValueError, match=r"a01-000u-01\.xml.*number once"):
    iam_ondb.read_lines(make_database(tmp_path / "d", extra=[twice]))


def test_a_list_that_is_none_is_refused(tmp_path):
  database = make_database(tmp_path / "d")
  listed = database / "testset_t.txt"
  for content, message in [
    (b"", "0 entries"),
    (b"<html>", "such as a01-000u"),
    (b" a01-000u\n", "both trainset.txt and testset_t.txt"),
  ]:
    listed.write_bytes(content)
    with pytest.raises(ValueError, match=message):
      iam_ondb.read_lines(database)


# Transcripts.


def test_too_few_transcript_lines_name_the_form_and_both_counts(tmp_path):
  third = file_member("lineStrokes/x/a01-000u-03.xml", xml(ink()))
  database = make_database(tmp_path / "d", extra=[third])
  with pytest.raises(
    ValueError, match="a01-000u has 2 lines in its transcript and 3 lines of"
  ):
    iam_ondb.load(database, "train", tmp_path / "prepared")


def test_missing_strokes_name_the_form_and_both_counts(tmp_path):
  database = make_database(tmp_path / "d", replace={"b05-001x-01": None})
  with pytest.raises(ValueError, match=r"b05-001x has 1 lines in its .* and 0"):
    iam_ondb.read_lines(database)


def test_a_form_without_transcript_is_named(tmp_path):
  forms = {form: FORMS[form] for form in FORMS if form != "b05-001x"}
  with pytest.raises(ValueError, match="b05-001x has 0 lines in its"):
    iam_ondb.read_lines(make_database(tmp_path / "d", forms))


def test_a_run_of_percent_signs_is_a_line_break():
  content = b"CSR:\r\n\r\nweeks\r\nankle bone %%%%%%%%%%% pinned.\r\n\r\n"
  lines = iam_ondb_archive.parse_transcript(content, "a08-551z")
  assert lines == ["weeks", "ankle bone", "pinned."]


@pytest.mark.parametrize("content", [b"OCR:\n\nhello\n", b"CSR:\n\xff\xfe"])
def test_a_transcript_that_is_none_names_its_form(content):
  with pytest.raises(ValueError, match="form a01-000u"):
    iam_ondb_archive.parse_transcript(content, "a01-000u")


# Repairs.


def stroke_at(x, times=None):
  times = 0.015 * np.arange(len(x)) if times is None else times
  return np.column_stack([x, np.zeros(len(x)), times])


def test_a_spike_is_left_out():
  (stroke,) = remove_long_steps(stroke_at([0, 10, 5000, 5010, 20, 30]))
  np.testing.assert_array_equal(stroke[:, 0], [0, 10, 20, 30])


@pytest.mark.parametrize(
  ("x", "pieces"),
  [
    ([0, 10, 900, 910], [[0, 10], [900, 910]]),
    ([900, 0, 10], [[900], [0, 10]]),
    ([0, 10, 900, 1500, 1510], [[0, 10], [900], [1500, 1510]]),
    (
      [0, *range(900, 911), 10],
      [[0], list(range(900, 911)), [10]],
    ),
    ([0, 500, 0], [[0, 500, 0]]),
  ],
)
def test_a_lasting_jump_ends_the_stroke_and_moves_nothing(x, pieces):
  found = remove_long_steps(stroke_at(x))
  assert [piece[:, 0].tolist() for piece in found] == pieces


def test_far_jumps_between_strokes_stay():
  strokes = [stroke_at([0, 10]), stroke_at([5000]), stroke_at([0, 10])]
  repaired = repair(strokes)
  assert [s[:, 0].tolist() for s in repaired.strokes] == [
    [0, 10],
    [5000],
    [0, 10],
  ]
  assert repaired.counts["removed_readings"] == 0
  assert repaired.counts["lines_with_far_pen_up_jumps"] == 1
  assert repaired.counts["one_point_strokes"] == 1


def moving(gap_seconds, gap_pen_units):
  """A pen at 20 pen units per 0.015 s, and one gap."""
  x = 20.0 * np.arange(20)
  times = 0.015 * np.arange(20)
  x[10:] += gap_pen_units - 20
  times[10:] += gap_seconds - 0.015
  return stroke_at(x, times)


def test_lost_readings_of_a_moving_pen_are_interpolated():
  (found,) = interpolate([moving(0.06, 80)])
  np.testing.assert_array_equal(found[:, 0], 20 * np.arange(23))


@pytest.mark.parametrize(
  ("seconds", "pen_units"),
  [
    (0.06, 20),  # the pen rested
    (0.015, 80),  # no reading is missing
    (0.06, 39),  # not twice as far as the steps beside
    (2.0, 300),  # the writer paused
    (-4000.0, 80),  # the clock was set
  ],
)
def test_other_gaps_are_left_alone(seconds, pen_units):
  stroke = moving(seconds, pen_units)
  (found,) = interpolate([stroke])
  np.testing.assert_array_equal(found, stroke[:, :2])


def test_no_more_readings_are_added_than_the_time_asks_for():
  (found,) = interpolate([moving(0.03, 200)])
  np.testing.assert_array_equal(found[9:12, 0], [180, 280, 380])


def test_new_readings_lie_on_the_grid_and_old_ones_stay():
  stroke = moving(0.06, 85)
  (found,) = interpolate([stroke_at([3.0, 4.0]), stroke])[1:]
  assert (found == np.round(found)).all()
  assert set(stroke[:, 0]) <= set(found[:, 0])
  assert len(found) == len(stroke) + 3


def test_time_that_runs_backwards_changes_nothing_but_a_count():
  stroke = moving(-0.02, 20)
  repaired = repair([stroke])
  np.testing.assert_array_equal(repaired.strokes[0], stroke[:, :2])
  assert repaired.counts["lines_with_backward_time"] == 1


# The report and its program.


def test_the_report_counts_and_compares(database, prepared_dir):
  found = iam_ondb_report.report(database, prepared_dir)
  assert found.forms == dict.fromkeys(iam_ondb_archive.SPLITS, 1)
  assert (found.training_lines, found.validation_lines) == (4, 1)
  assert found.readings == 200 and found.one_point_strokes == 5
  assert found.elements == 195 + found.interpolated_readings
  assert found.lines_with_digits == 1 and found.longest_text == 15
  assert found.validation_characters_unknown_in_training == "Th"
  checks = {c.what: c for c in iam_ondb_report.checks(found)}
  assert not checks["forms"].agrees
  assert checks["validation lines"].official == "1,438"
  assert all(c.agrees for c in iam_ondb_report.checks(found, found))


def test_prepare_reports_and_exports(
  database, prepared_dir, tmp_path, run_command
):
  out = tmp_path / "lines.jsonl.gz"
  code, printed, _ = run_command(
    "prepare", database, "--out", out, "--prepared-dir", prepared_dir
  )
  assert code == 0
  assert "5,364" in printed and "not the official release" in printed
  exported = read_stroke_file(out)
  for split in ("train", "validation"):
    lines = iam_ondb.load(database, split, prepared_dir)
    for line, other in zip(lines, exported[split], strict=True):
      assert (line.text, line.name) == (other.text, other.name)
      np.testing.assert_array_equal(line.points, other.points)


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    (["nowhere"], "testset_f.txt not found in nowhere"),
    (["nowhere", "--out", "lines.zip"], ".jsonl.gz"),
    (["nowhere", "--out", "old.jsonl/lines.jsonl"], "is not a folder"),
    (["nowhere", "--out", "folder.jsonl"], "'folder.jsonl': it is a folder"),
    (["nowhere", "--out", "folder.jsonl.gz"], "testset_f.txt not found"),
  ],
)
def test_mistakes_of_the_user_end_in_one_line(
  arguments, message, run_command, tmp_path, monkeypatch
):
  monkeypatch.chdir(tmp_path)
  (tmp_path / "old.jsonl").touch()
  (tmp_path / "folder.jsonl").mkdir()
  code, printed, error = run_command("prepare", *arguments)
  assert code == 2
  assert message in error and error.count("\n") == 1
  assert "Traceback" not in printed + error


def test_a_bad_archive_ends_in_one_line(tmp_path, run_command):
  database = make_database(tmp_path / "d", replace={"a01-000u-02": b"<a>"})
  code, _, error = run_command(
    "prepare", database, "--prepared-dir", tmp_path / "p"
  )
  assert code == 2
  assert "a01-000u-02.xml" in error and error.count("\n") == 1


# The real archives.


@pytest.fixture(scope="module")
def real_lines(iamondb_path, tmp_path_factory):
  """All of testset_v, and three forms of each other split, to be quick."""
  folder = tmp_path_factory.mktemp("real")
  for name in ("lineStrokes-all.tar.gz", "ascii-all.tar.gz", "testset_v.txt"):
    (folder / name).symlink_to(iamondb_path / name)
  for split in ("trainset", "testset_t", "testset_f"):
    forms = (iamondb_path / f"{split}.txt").read_text().split()
    special = {"a08-551z"} & set(forms)
    text = "".join(f" {form}\n" for form in [*forms[:3], *special])
    (folder / f"{split}.txt").write_text(text)
  return iam_ondb.read_lines(folder)


def test_all_validation_lines_of_the_release(real_lines):
  lines, _ = real_lines
  validation = lines["testset_v"]
  assert len(validation) == len({line.name for line in validation}) == 1438
  assert all(line.points[-1, 2] == 1 for line in validation)
  assert all(np.isfinite(line.points).all() for line in validation)
  assert all(line.text.strip() == line.text != "" for line in validation)
  first = next(line for line in validation if line.name == "a02-050-03")
  assert len(first.points) > 100
  # y grows downwards and x to the right; a line is wide, not high.
  travel = np.stack([line.points[:, :2].sum(0) for line in validation])
  assert np.median(travel[:, 0]) > 4000
  assert abs(np.median(travel[:, 1])) < 200


def test_the_missing_line_break_of_the_release(real_lines):
  lines, _ = real_lines
  every = {line.name: line.text for split in lines.values() for line in split}
  assert every["a08-551z-08"].endswith("ankle bone")
  assert every["a08-551z-09"] == "pinned."


def test_every_listed_form_of_the_release_has_a_text_for_each_line(
  iamondb_path,
):
  split_of = iam_ondb_archive.read_forms(iamondb_path)
  texts = iam_ondb_archive.read_transcripts(iamondb_path, split_of)
  for split, count in iam_ondb_report.OFFICIAL.lines.items():
    forms = [form for form in split_of if split_of[form] == split]
    assert len(forms) == iam_ondb_report.OFFICIAL.forms[split]
    assert sum(len(texts[form]) for form in forms) == count
  characters = set("".join(line for text in texts.values() for line in text))
  assert "".join(sorted(characters)) == iam_ondb_report.OFFICIAL.characters


def test_all_validation_lines_of_the_release_are_scored(real_lines):
  lines, _ = real_lines
  train = lines["trainset"] + lines["testset_t"] + lines["testset_f"]
  config = HandwritingConfig(
    network=NetworkConfig(hidden=(4,), mixtures=2, windows=2),
    data=DataConfig(max_points=300, buckets=2),
    training=TrainingConfig(evaluation_batch_size=256),
  )
  task = handwriting_task(config, train, lines["testset_v"])
  experiment = build_experiment(task, jax.devices()[:2])
  sums = evaluate(
    experiment.sum_losses,
    experiment.initial_state().params,
    experiment.validation_carry(),
    task.validation_batches,
  )
  scores = task.scores(sums)
  assert scores.sequences == 1438
  assert scores.points == sum(len(x.points) for x in lines["testset_v"])
