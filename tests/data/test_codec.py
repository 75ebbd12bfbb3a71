"""Symbols as classes: exact round trips, and every bad codec refused."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graves_jax.data.codec import TextCodec

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1)
WORDS = st.lists(
  st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1).filter(
      lambda word: word.split() == [word]
    ),
    st.just("</s>"),
  ),
  min_size=1,
)


@settings(deadline=None)
@given(TEXTS)
def test_characters_come_back(text):
  codec = TextCodec.of(text)
  classes = codec.encode(text)
  assert classes.dtype == np.int32 and len(classes) == len(text)
  assert set(classes.tolist()) == set(range(codec.size))
  assert codec.decode(classes) == text
  assert codec.encode(text.encode()).tolist() == classes.tolist()


@settings(deadline=None)
@given(st.binary(min_size=1))
def test_bytes_come_back(data):
  codec = TextCodec.of(data, "bytes")
  classes = codec.encode(data)
  assert bytes(ord(codec.symbols[k]) for k in classes) == data
  assert codec.decode(classes) == data.decode("utf-8", "replace")


@settings(deadline=None)
@given(WORDS)
def test_words_come_back(words):
  codec = TextCodec("words", tuple(dict.fromkeys(words)))
  classes = np.array([codec.symbols.index(word) for word in words])
  assert codec.encode(codec.decode(classes)).tolist() == classes.tolist()


def test_words_lie_between_white_space_and_lines_end():
  codec = TextCodec("words", ("</s>", "a", "b"))
  assert codec.encode("a  b\t\n\n b\r\na").tolist() == [1, 2, 0, 0, 2, 0, 1]
  assert codec.decode([1, 2, 0, 0, 2, 0, 1]) == "a b\n\nb\na"


@settings(deadline=None)
@given(st.data())
def test_pieces_joined_are_the_whole(data):
  units = data.draw(st.sampled_from(["characters", "bytes", "words"]))
  symbols = {
    "characters": tuple("añ\n𝄞"),
    "bytes": tuple(map(chr, range(256))),
    "words": ("</s>", "a", "bc", "<unk>"),
  }[units]
  codec = TextCodec(units, symbols)
  a_class = st.integers(0, codec.size - 1)
  if units == "bytes":  # otherwise hardly any would be UTF-8
    a_class = st.sampled_from(list("ña𝄞€".encode() + b"\xff\xf0"))
  pieces = data.draw(st.lists(st.lists(a_class, max_size=4), max_size=8))
  decode = codec.decoder()
  texts = [decode(piece) for piece in pieces] + [decode([], True)]
  assert "".join(texts) == codec.decode([k for piece in pieces for k in piece])


def test_a_character_of_several_bytes_comes_with_its_last():
  decode = TextCodec("bytes", tuple(map(chr, range(256)))).decoder()
  assert [decode([b]) for b in "€".encode()] == ["", "", "€"]
  assert decode(list("€".encode()[:2])) == ""
  assert decode([], True) == "\ufffd"


def test_unknown_symbols_are_named_in_order_of_appearance():
  codec = TextCodec.of("abc")
  assert codec.unknown("xa\x07yx") == ("x", "\x07", "y")
  with pytest.raises(ValueError, match=r"of 3 lacks: 'x', U\+0007, 'y'; leave"):
    codec.encode("xa\x07yx")
  with pytest.raises(ValueError, match=r"U\+DC80"):
    codec.encode("\udc80")
  with pytest.raises(ValueError, match=r"'𝄞'"):
    codec.encode("𝄞")
  with pytest.raises(ValueError, match="'m' and 13 more"):
    codec.encode("abcdefghijklmnopqrstuvwxyz")


def test_unknown_bytes_are_named_by_their_numbers():
  codec = TextCodec.of(b"abc", "bytes")
  assert codec.unknown("aé") == ("\xc3", "\xa9")
  with pytest.raises(ValueError, match="0xC3, 0xA9"):
    codec.encode("aé")
  with pytest.raises(ValueError, match="'z', 0x0A"):
    codec.encode(b"z\n")


def test_bytes_that_a_command_line_could_not_decode_are_bytes_again():
  codec = TextCodec("bytes", tuple(map(chr, range(256))))
  assert codec.encode(
    b"\xff\xfe".decode("utf-8", "surrogateescape")
  ).tolist() == [255, 254]
  with pytest.raises(ValueError, match=r"U\+D800, half"):
    codec.encode("\ud800")


def test_unknown_words_are_named_or_become_unk():
  with pytest.raises(ValueError, match=r"lacks: 'c', '</s>'; leave"):
    TextCodec("words", ("a", "b")).encode("a c\nc")
  codec = TextCodec("words", ("<unk>", "a"))
  assert codec.encode("a c\n a").tolist() == [1, 0, 0, 1]
  assert codec.unknown("a c\n a") == ("c", "</s>")


@pytest.mark.parametrize("units", ["characters", "words"])
def test_bytes_that_are_no_utf8_are_refused(units):
  with pytest.raises(ValueError, match="byte 0xFF at offset 2"):
    TextCodec(units, ("a", "b")).encode(b"ab\xff")


@pytest.mark.parametrize("classes", [[-1], [2], [0, 5]])
def test_numbers_that_are_no_class_are_refused(classes):
  with pytest.raises(ValueError, match="this codec has 0 to 1"):
    TextCodec("characters", ("a", "b")).decode(classes)


@pytest.mark.parametrize("units", ["characters", "bytes", "words"])
def test_nothing_is_nothing(units):
  codec = TextCodec(units, ("a",))
  assert codec.encode("").shape == (0,)
  assert codec.decode([]) == ""


@pytest.mark.parametrize(
  "codec",
  [
    TextCodec.of("héllo\n𝄞"),
    TextCodec.of(bytes(range(256)), "bytes"),
    TextCodec.of("to be <unk>\nor", "words"),
  ],
)
def test_json_gives_an_equal_codec(codec):
  back = TextCodec.from_json(json.loads(json.dumps(codec.to_json())))
  assert back == codec and hash(back) == hash(codec)
  assert back.size == codec.size


def characters(*symbols):
  return {"units": "characters", "symbols": list(symbols)}


@pytest.mark.parametrize(
  ("value", "message"),
  [
    (None, "must be an object"),
    ([], "must be an object"),
    ({}, "must be an object"),
    ({"units": "bytes"}, "must be an object"),
    (characters("a") | {"more": 1}, "must be an object"),
    ({"units": ["bytes"], "symbols": ["a"]}, '"units"'),
    ({"units": "syllables", "symbols": ["a"]}, "must be one of characters"),
    ({"units": "bytes", "symbols": "abc"}, "must be a list"),
    ({"units": "bytes", "symbols": {"a": 1}}, "must be a list"),
    (characters(), "0 symbols"),
    (characters("a", "b", "a"), "'a' occurs twice"),
    (characters("\x1b", "\x1b"), r"U\+001B occurs twice"),
    (characters("a", 7), "7 is no symbol"),
    (characters("a", None), "None is no symbol"),
    (characters("a", ["b"]), "is no symbol"),
    (characters("ab"), "one character"),
    (characters(""), "one character"),
    (characters("\ud800"), "is no symbol"),
    (characters("x" * 10**6), "'xxx"),
    ({"units": "bytes", "symbols": ["Ā"]}, r"U\+0000 to U\+00FF"),
    ({"units": "bytes", "symbols": ["a"] * 257}, "257 symbols"),
    ({"units": "words", "symbols": ["a b"]}, "white space"),
    ({"units": "words", "symbols": ["a\n"]}, "white space"),
    ({"units": "words", "symbols": [""]}, "white space"),
    ({"units": "words", "symbols": ["x" * 10_001]}, "10,000 characters"),
  ],
)
def test_other_json_is_refused(value, message):
  with pytest.raises(ValueError, match=message) as error:
    TextCodec.from_json(value)
  assert len(str(error.value)) < 300


def test_too_many_symbols_are_refused(monkeypatch):
  from graves_jax.data import codec

  monkeypatch.setitem(codec._MOST_SYMBOLS, "words", 3)
  with pytest.raises(ValueError, match="4 symbols; words take 1 to 3"):
    TextCodec.from_json({"units": "words", "symbols": list("abcd")})
