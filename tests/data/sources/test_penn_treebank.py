"""Penn Treebank: the paper's counts, both conventions, and wrong files."""

import gzip
import io
import tarfile

import pytest
from paths import SHARED

from graves_jax.data.codec import TextCodec
from graves_jax.data.sources import penn_treebank
from graves_jax.data.sources.penn_treebank import (
  FILES,
  count_characters,
  load,
  spell,
)

REAL = SHARED / "data" / "ptb"


@pytest.fixture(scope="module")
def real():
  """The folder of the real files; skips where there is none."""
  if not all((REAL / name).is_file() for name in FILES):
    pytest.skip(f"{', '.join(FILES)} are not in {REAL}.")
  return REAL


# A made-up treebank, with counts of its own.
TEXTS = (
  " the <unk> sat \n on the N mats \n",
  " the mats sat \n",
  " on <unk> \n the N \n",
)


@pytest.fixture
def small(tmp_path, monkeypatch):
  monkeypatch.setattr(penn_treebank, "WORDS", (9, 4, 6))
  monkeypatch.setattr(
    penn_treebank,
    "SYMBOLS",
    {
      "words": (9, 4, 6),
      "characters G": tuple(len(spell(t, "characters", "G")) for t in TEXTS),
      "characters S": tuple(len(spell(t, "characters", "S")) for t in TEXTS),
    },
  )
  monkeypatch.setattr(
    penn_treebank,
    "DISTINCT",
    {"words": 7, "characters G": 15, "characters S": 15},
  )
  folder = tmp_path / "ptb"
  folder.mkdir()
  for name, text in zip(FILES, TEXTS, strict=True):
    (folder / name).write_text(text)
  return folder


def pack(folder, path, members):
  """Writes a .tgz of (name, content or the name of a file in `folder`)."""
  with tarfile.open(path, "w:gz") as tar:
    for name, content in members:
      if isinstance(content, str):
        content = (folder / content).read_bytes()
      info = tarfile.TarInfo(name)
      info.size = len(content)
      tar.addfile(info, io.BytesIO(content))
  return path


def test_the_conventions_by_hand():
  text = " the <unk> \n N sat \n"
  assert spell(text, "characters", "G") == "the <unk> </s> N sat </s> "
  assert spell(text, "characters", "S") == "the <unk>\nN sat\n"


@pytest.mark.parametrize("convention", ["G", "S"])
def test_a_small_treebank_by_characters(small, convention):
  corpus = load(small, convention=convention)
  assert corpus.convention == f"characters {convention}"
  assert corpus.words == {"train": 9, "validation": 4, "test": 6}
  for split, text in zip(corpus.words, TEXTS, strict=True):
    decoded = corpus.codec.decode(corpus.split(split))
    assert decoded == spell(text, "characters", convention)


def test_a_small_treebank_by_words(small):
  corpus = load(small, units="words")
  assert corpus.convention == "words"
  assert corpus.codec.decode(corpus.test) == "on <unk>\nthe N\n"
  assert len(corpus.train) == 9


def test_the_folder_of_the_unpacked_archive_and_the_archive_are_read(
  small, tmp_path
):
  expected = load(small).test.tolist()
  members = [(f"./simple-examples/data/{name}", name) for name in FILES]
  members.insert(1, ("simple-examples/models/net", bytes(5 << 20)))
  archive = pack(small, tmp_path / "simple-examples.tgz", members)
  assert load(archive).test.tolist() == expected
  assert load(tmp_path).test.tolist() == expected  # the folder it lies in
  unpacked = tmp_path / "simple-examples" / "data"
  unpacked.parent.mkdir()
  small.rename(unpacked)
  archive.unlink()
  for folder in (unpacked, unpacked.parent, tmp_path):
    assert load(folder).test.tolist() == expected


def test_missing_files_are_named_with_what_to_do(small):
  (small / "ptb.valid.txt").unlink()
  with pytest.raises(
    FileNotFoundError, match=r"^ptb\.valid\.txt not found in .*--data\.path"
  ):
    load(small)
  with pytest.raises(FileNotFoundError, match=r"ptb\.train\.txt, ptb\.valid"):
    load(small / "nowhere")


def test_files_that_are_not_the_published_ones_are_refused(small):
  (small / FILES[1]).write_text("the mats\n")
  with pytest.raises(
    ValueError, match=r"ptb\.valid\.txt has 3 words and must have 4"
  ):
    load(small)
  (small / FILES[1]).write_text("the mat sat\n")
  with pytest.raises(
    ValueError, match=r"ptb\.valid\.txt has \d+ characters G and must have"
  ):
    load(small)
  (small / FILES[1]).write_text(TEXTS[1])
  (small / FILES[0]).write_bytes(TEXTS[0].replace("N", "n").encode())
  with pytest.raises(ValueError, match="has 14 different characters G"):
    load(small)
  (small / FILES[0]).write_bytes(b"\xff\xfe\x00")
  with pytest.raises(ValueError, match=r"ptb\.train\.txt has 1 words"):
    load(small)


def test_archives_that_are_not_the_published_one_are_refused(small, tmp_path):
  archive = pack(small, tmp_path / "a.tgz", [("../ptb.train.txt", b"")])
  with pytest.raises(ValueError, match="must stay inside"):
    load(archive)
  archive = pack(small, tmp_path / "a.tgz", [("data/ptb.train.txt", FILES[0])])
  with pytest.raises(FileNotFoundError, match=r"valid.*not found in .*a\.tgz"):
    load(archive)
  archive.write_bytes(gzip.compress(b"no tar" * 1000))
  with pytest.raises(ValueError, match=r"no \.tar\.gz archive"):
    load(archive)
  with pytest.raises(ValueError, match=r"must be a folder or simple-examples"):
    load(small / FILES[0])


def test_bytes_are_refused(small):
  with pytest.raises(ValueError, match=r"units \(='bytes'\) must be char"):
    load(small, units="bytes")


@pytest.mark.parametrize("convention", ["G", "S"])
def test_characters_of_words_are_those_that_are_spelled(convention):
  for text in TEXTS:
    codec = TextCodec.of(text, "words")
    count = count_characters(codec.encode(text), codec, convention)
    assert count == len(spell(text, "characters", convention))


# The real files.


@pytest.mark.parametrize(
  ("units", "convention", "size", "counts"),
  [
    ("characters", "G", 49, (5_227_822, 409_892, 461_228)),
    ("characters", "S", 50, (5_017_482, 393_042, 442_423)),
    ("words", "G", 10_000, (929_589, 73_760, 82_430)),
  ],
)
def test_the_counts_of_the_paper(real, units, convention, size, counts):
  corpus = load(real, units=units, convention=convention)
  splits = (corpus.train, corpus.validation, corpus.test)
  assert corpus.codec.size == size
  assert tuple(map(len, splits)) == counts
  assert corpus.words == {
    "train": 929_589,
    "validation": 73_760,
    "test": 82_430,
  }
  assert ("</s>" in corpus.codec.symbols) == (units == "words")
  beginning = {
    "characters G": "no it was n't black monday </s> but while",
    "characters S": "no it was n't black monday\nbut while the ",
    "words": "no it was n't black monday\nbut while",
  }[corpus.convention]
  if units == "words":
    for convention, characters in (("G", 461_228), ("S", 442_423)):
      count = count_characters(corpus.test, corpus.codec, convention)
      assert count == characters
  length = 9 if units == "words" else len(beginning)
  assert corpus.codec.decode(corpus.test[:length]) == beginning
