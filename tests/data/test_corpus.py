"""Coded text stays where it is, and vocabularies that explode are named."""

import numpy as np
import pytest

from graves_jax.data import corpus
from graves_jax.data.codec import TextCodec
from graves_jax.data.corpus import (
  CodedText,
  Corpus,
  beginning,
  count_text,
  vocabulary_warning,
)


def test_coded_text_is_looked_up_when_it_is_sliced():
  codec = TextCodec.of("helo")
  table = np.zeros(256, np.int32)
  table[[ord(symbol) for symbol in codec.symbols]] = range(codec.size)
  text = CodedText(np.frombuffer(b"hello", np.uint8), table)
  assert len(text) == 5
  assert text[0:5].dtype == np.int32
  assert codec.decode(text[1:4]) == "ell"
  assert codec.decode(text[3:99]) == "lo"
  part = text.part(2, 5)
  assert len(part) == 3 and codec.decode(part[:]) == "llo"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32])
def test_codes_without_a_table_are_classes(dtype):
  text = CodedText(np.arange(7, dtype=dtype))
  assert text[2:4].dtype == np.int32
  assert text[2:4].tolist() == [2, 3]


def test_a_split_is_had_by_name():
  text = np.zeros(4, np.int32)
  corpus = Corpus(
    codec=TextCodec.of("ab"), train=text, validation=text[:2], convention="x"
  )
  assert len(corpus.split("train")) == 4
  assert len(corpus.split("validation")) == 2
  assert corpus.words == {}
  with pytest.raises(ValueError, match=r"'test'.*one of train, validation"):
    corpus.split("test")


def words(count):
  return TextCodec("words", tuple(f"w{k}" for k in range(count)))


def test_a_vocabulary_that_explodes_is_named_with_its_size():
  many = TextCodec("characters", tuple(map(chr, range(0x4E00, 0x4E00 + 1001))))
  assert "1,001 different characters" in vocabulary_warning(many, 10**6)
  assert "2,001 different words in 10,000" in vocabulary_warning(
    words(2001), 10_000
  )
  assert "--data.vocabulary 1000" in vocabulary_warning(words(2001), 10_000)
  assert "100,001 diff" in vocabulary_warning(words(100_001), 10**8)


@pytest.mark.parametrize(
  ("codec", "symbols"),
  [
    (TextCodec("characters", tuple(map(chr, range(1000)))), 2000),
    (TextCodec("bytes", tuple(map(chr, range(256)))), 300),
    (words(900), 1000),
    (words(2000), 10_000),
    (words(10_000), 929_589),
  ],
)
def test_other_vocabularies_are_not(codec, symbols):
  assert vocabulary_warning(codec, symbols) is None


def test_the_beginning_of_a_text_stays_in_its_place():
  codes = np.arange(10, dtype=np.uint8)
  text = CodedText(codes, np.arange(10)[::-1])
  first = beginning(text, 4)
  assert isinstance(first, CodedText)
  assert first[0:].tolist() == [9, 8, 7, 6]
  assert beginning(text, 10) is text and beginning(text, None) is text
  assert beginning(codes, 2).tolist() == [0, 1]


@pytest.mark.parametrize(
  "text",
  [
    "",
    " ",
    "a",
    " two  words\n",
    "ab cd\n\nef",
    "one,two three",
    "\u00e9 \u00e8\n\u20ac",
  ],
)
@pytest.mark.parametrize("block", [1, 2, 3, 100])
@pytest.mark.parametrize("units", ["characters", "bytes", "words"])
def test_a_text_is_counted_in_parts(monkeypatch, text, block, units):
  monkeypatch.setattr(corpus, "_BLOCK_SYMBOLS", block)
  codec = TextCodec.of(text + "\nx", units)
  classes = codec.encode(text)
  decoded = codec.decode(classes)
  words = len(decoded.split()) + decoded.count("\n")
  assert count_text(classes, codec) == (len(decoded), words, 0)


@pytest.mark.parametrize("block", [1, 2, 100])
def test_bytes_that_are_no_utf8_are_counted_too(monkeypatch, block):
  monkeypatch.setattr(corpus, "_BLOCK_SYMBOLS", block)
  content = b"ab \xff\xf0\x9f"
  codec = TextCodec.of(content, "bytes")
  assert count_text(codec.encode(content), codec) == (5, 2, 2)
