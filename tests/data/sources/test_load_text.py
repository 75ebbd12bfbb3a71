"""A config's data names its corpus, and what a network is evaluated on."""

import gzip

import pytest

from graves_jax.config import TextDataConfig
from graves_jax.data.codec import TextCodec
from graves_jax.data.sources import enwik8, penn_treebank, standard_library
from graves_jax.data.sources.text import (
  load_corpus,
  load_text_split,
  load_training_lines,
)


@pytest.fixture
def path(tmp_path):
  path = tmp_path / "text.txt"
  path.write_text("to be or not to be\n" * 10)
  return path


def test_a_text_file_is_loaded_with_all_settings(path, tmp_path):
  reports = []
  corpus = load_corpus(
    TextDataConfig(
      path=str(path),
      units="words",
      vocabulary=2,
      validation_share=0.5,
      prepared_dir=str(tmp_path / "prepared"),
    ),
    lambda *report: reports.append(report),
  )
  assert corpus.codec == TextCodec("words", ("<unk>", "be", "to"))
  assert corpus.words == {"train": 35, "validation": 35}
  assert (tmp_path / "prepared").is_dir() and reports


def test_without_a_path_it_is_the_standard_library():
  data = TextDataConfig(validation_share=0.2)
  corpus = load_corpus(data)
  expected = standard_library.load(validation_share=0.2)
  assert corpus.codec == expected.codec
  assert len(corpus.validation) == len(expected.validation)
  text, words, *_ = load_text_split(data, corpus.codec, "validation")
  assert words is None and len(text) == len(expected.validation)


@pytest.mark.parametrize("split", ["train", "validation"])
@pytest.mark.parametrize("units", ["characters", "bytes", "words"])
def test_a_networks_own_text_is_coded_as_it_was(path, tmp_path, split, units):
  data = TextDataConfig(
    path=str(path), units=units, prepared_dir=str(tmp_path / "prepared")
  )
  corpus = load_corpus(data)
  symbols = tuple(reversed(corpus.codec.symbols))
  codec = TextCodec(units, symbols)
  text, words, *_ = load_text_split(data, codec, split)
  expected = corpus.split(split)
  assert len(text) == len(expected)
  assert codec.decode(text[0:]) == corpus.codec.decode(expected[0:])
  assert words == (len(text) if units == "words" else None)


def test_another_text_is_read_whole(path, tmp_path):
  data = TextDataConfig(path="lost.txt", prepared_dir=str(tmp_path / "p"))
  codec = TextCodec.of("to be or not\n")
  text, words, *_ = load_text_split(data, codec, None, str(path))
  assert codec.decode(text[0:]) == path.read_text() and words is None
  with pytest.raises(ValueError, match=r"lacks: U\+000A, 'n'"):
    load_text_split(data, TextCodec.of("to be r"), None, str(path))
  codec = TextCodec("words", ("</s>", "<unk>", "to"))
  text, words, *_ = load_text_split(data, codec, None, str(path))
  assert words == len(text) == 70
  assert codec.decode(text[0:5]) == "to <unk> <unk> <unk> to"


def test_a_split_that_a_corpus_lacks_is_refused(path):
  data = TextDataConfig(path=str(path))
  codec = load_corpus(data).codec
  with pytest.raises(ValueError, match="one of train, validation of this"):
    load_text_split(data, codec, "test")


@pytest.mark.parametrize(
  ("options", "message"),
  [
    ({"source": "enwik8", "units": "words"}, "whose symbols are bytes"),
    ({"source": "enwik8", "vocabulary": 9}, "not of enwik8"),
    (
      {"source": "penn_treebank", "units": "words", "vocabulary": 9},
      "not of penn_treebank",
    ),
    ({"source": "penn_treebank", "units": "bytes"}, "characters or words"),
    ({"vocabulary": 9}, "--data.units words"),
    ({"convention": "S"}, "convention .*not of text"),
    ({"sequences": "sentence"}, "sequences .*not of text"),
    ({"source": "enwik8", "sequences": "sentence"}, "not of enwik8"),
    ({"source": "enwik8", "validation_share": 0.2}, "splits of its own"),
    ({"source": "penn_treebank", "validation_share": 0.2}, "of its own"),
  ],
)
def test_settings_that_do_not_go_together_are_refused(options, message):
  with pytest.raises(ValueError, match=message):
    load_corpus(TextDataConfig(**options))


@pytest.mark.parametrize(
  ("options", "instructions"),
  [
    ({"source": "penn_treebank"}, penn_treebank.INSTRUCTIONS),
    ({"source": "enwik8"}, enwik8.INSTRUCTIONS),
    ({}, "does not exist"),
  ],
)
def test_what_is_missing_says_what_to_do(tmp_path, options, instructions):
  data = TextDataConfig(path=str(tmp_path / "nowhere"), **options)
  with pytest.raises(FileNotFoundError) as error:
    load_corpus(data)
  assert instructions in str(error.value)


@pytest.fixture
def treebank(tmp_path, monkeypatch):
  """A treebank of one sentence, three times."""
  sentence = " the <unk> sat \n"
  monkeypatch.setattr(penn_treebank, "WORDS", (4, 4, 4))
  monkeypatch.setattr(penn_treebank, "SYMBOLS", {"characters G": (19,) * 3})
  monkeypatch.setattr(penn_treebank, "DISTINCT", {"characters G": 12})
  (tmp_path / "ptb").mkdir()
  for name in penn_treebank.FILES:
    (tmp_path / "ptb" / name).write_text(sentence)
  return tmp_path / "ptb"


def test_a_network_of_penn_treebank(treebank, tmp_path):
  data = TextDataConfig(source="penn_treebank", path=str(treebank))
  codec = load_corpus(data).codec
  text, words, *_ = load_text_split(data, codec, "test")
  assert codec.decode(text) == "the <unk> sat </s> " and words == 4
  moved = TextDataConfig(source="penn_treebank", path="lost")
  text, words, *_ = load_text_split(moved, codec, "test", str(treebank))
  assert codec.decode(text) == "the <unk> sat </s> " and words == 4
  (tmp_path / "other.txt").write_text("the  nuts\nsat\n")
  text, words, *_ = load_text_split(
    moved, codec, None, str(tmp_path / "other.txt")
  )
  assert codec.decode(text) == "the nuts </s> sat </s> " and words == 5
  with pytest.raises(ValueError, match="the 12 of Penn Treebank, characters G"):
    load_text_split(data, TextCodec.of("abc"), "test")


def test_a_network_of_wikipedia(tmp_path):
  (tmp_path / "enwik8").write_bytes(bytes(range(100)))
  data = TextDataConfig(source="enwik8", path=str(tmp_path))
  codec = TextCodec("bytes", tuple(map(chr, range(256))))
  text, words, *_ = load_text_split(data, codec, "validation")
  assert text[0:].tolist() == [96, 97, 98, 99] and words is None
  (tmp_path / "other.txt").write_bytes(b"\xff\x00")
  text, *_ = load_text_split(data, codec, None, str(tmp_path / "other.txt"))
  assert text[0:].tolist() == [255, 0]


def test_training_lines_are_those_of_the_file(tmp_path):
  path = tmp_path / "names.txt"
  path.write_bytes("Ann\nBob\r\nZo\u00eb\n\xff".encode("latin-1", "replace"))
  data = TextDataConfig(path=str(path), units="bytes")
  assert list(load_training_lines(data)) == [
    "Ann",
    "Bob\r",
    "Zo\ufffd",
    "\ufffd",
  ]
  path.write_bytes(gzip.compress("Ann\n\nZoë\n".encode("utf-8-sig")))
  data = TextDataConfig(path=str(path))
  assert list(load_training_lines(data)) == ["Ann", "", "Zoë", ""]


def test_training_lines_need_a_text_of_lines(tmp_path):
  with pytest.raises(ValueError, match="text file only"):
    load_training_lines(TextDataConfig(source="enwik8"))
  with pytest.raises(FileNotFoundError, match=r"missing\.txt"):
    load_training_lines(TextDataConfig(path=str(tmp_path / "missing.txt")))
  assert "import sys" in set(load_training_lines(TextDataConfig()))
