"""A folder of text files as one text."""

import dataclasses
import os

import pytest

from graves_jax.config import TextDataConfig
from graves_jax.data.sources import text_folder
from graves_jax.data.sources.text import load_corpus, load_training_lines


@pytest.fixture
def folder(tmp_path):
  """Two files of C, one of them without an end, and what is not C or text."""
  place = tmp_path / "sources"
  (place / "net").mkdir(parents=True)
  (place / "net" / "a.c").write_text("int a;")
  (place / "b.c").write_text("int b;\n")
  (place / "b.h").write_text("never")
  (place / "blob.c").write_bytes(b"\x7fELF\0\0")
  (place / "latin.c").write_bytes(b"caf\xe9")
  (place / "empty.c").touch()
  return place


def settings(folder, glob="*.c"):
  prepared = folder.parent / "prepared"
  return TextDataConfig(path=str(folder), glob=glob, prepared_dir=str(prepared))


def test_text_files_are_joined_in_the_order_of_their_names(folder):
  data = settings(folder)
  corpus = load_corpus(data)
  read = [*corpus.train[:], *corpus.validation[:]]
  assert corpus.codec.decode(read) == "int b;\nint a;\n"
  assert list(load_training_lines(data)) == ["int b;", "int a;", ""]
  (note,) = corpus.notes
  assert "2 files are joined" in note
  assert "no text, or damaged: blob.c, latin.c." in note
  assert load_corpus(data).notes == corpus.notes  # from what was kept
  (folder / "c.c").write_text("int c;")
  assert load_corpus(data).codec.size == corpus.codec.size + 1


@pytest.mark.parametrize(
  ("glob", "message"),
  [
    (None, "name its text files with --data.glob"),
    ("*.py", "has no file that fits '\\*.py'; give another folder, or train"),
    ("blob*", "none of the 1 files .* is text"),
    ("../*", "must be a pattern of names below the folder"),
    ("", "must be a pattern of names below the folder"),
  ],
)
def test_a_folder_of_no_text_is_refused(folder, glob, message):
  with pytest.raises(ValueError, match=message):
    load_corpus(settings(folder, glob))
  assert not list(folder.parent.glob("prepared/text/*"))


def test_a_folder_does_not_join_what_was_joined_of_it(folder):
  data = settings(folder, "*")
  data = dataclasses.replace(data, prepared_dir=str(folder / "prepared"))
  first = load_corpus(data)
  assert load_corpus(data).notes == first.notes
  assert len(list(folder.rglob("joined_*.txt"))) == 1


def test_a_folder_of_nothing_but_prepared_text_is_refused(folder):
  data = settings(folder)
  load_corpus(data)
  prepared = dataclasses.replace(data, path=data.prepared_dir, glob="*")
  with pytest.raises(ValueError, match=r"lie in .*text, where prepared text"):
    load_corpus(prepared)


def test_files_of_one_name_in_two_folders_are_two_texts(tmp_path):
  """Of one size and time, too, one kept as classes and one joined."""
  read = []
  for name, text in (("one", "caf\u00e9 a\n"), ("two", "caf\u00e9 b\n")):
    path = tmp_path / name / "t.txt"
    path.parent.mkdir()
    path.write_text(text, "utf-8")
    os.utime(path, (0, 0))
    for place, glob in ((path, None), (path.parent, "*.txt")):
      data = settings(tmp_path / "x", glob)
      data = dataclasses.replace(data, path=str(place))
      corpus = load_corpus(data)
      classes = [*corpus.train[:], *corpus.validation[:]]
      read.append(corpus.codec.decode(classes) == text)
  assert read == [True] * 4


def test_what_was_kept_of_a_folder_and_is_damaged_is_joined_anew(folder):
  data = settings(folder)
  notes = load_corpus(data).notes
  (known,) = folder.parent.rglob("joined_*.json")
  known.write_text("[2, ")
  assert load_corpus(data).notes == notes
  assert known.read_text().startswith("[2, [")


def test_too_large_a_folder_is_refused_before_it_is_copied(folder, monkeypatch):
  monkeypatch.setattr(text_folder, "MAX_UNPACKED_BYTES", 12)
  copied = []
  blocks = text_folder.character_blocks
  monkeypatch.setattr(
    text_folder,
    "character_blocks",
    lambda path: copied.append(path.name) or blocks(path),
  )
  with pytest.raises(
    ValueError, match=r"up to net/a\.c have more than 12 bytes"
  ):
    load_corpus(settings(folder, "[ab].c"))
  assert copied == ["b.c"]


def test_a_pattern_needs_a_folder(folder):
  file = settings(folder / "b.c")
  with pytest.raises(ValueError, match=r"is none; leave data.glob out"):
    load_corpus(file)
  with pytest.raises(ValueError, match="names files of a folder of text"):
    load_corpus(dataclasses.replace(file, path=None))
