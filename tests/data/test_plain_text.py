"""Bytes become text, or one line says where they are none."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graves_jax.data import plain_text
from graves_jax.data.plain_text import decode, decode_blocks

MARKED = ("utf-8-sig", "utf-16", "utf-32")
LETTER = "Dear Tom,\r\nall is well.\r\n"


@given(
  # Before a null character, UTF-16's mark is UTF-32's.
  st.text(max_size=50).filter(lambda text: text[:1] not in ("\ufeff", "\0")),
  st.sampled_from(MARKED),
  st.integers(1, 9),
)
def test_a_text_with_a_mark_comes_back_without(text, encoding, size):
  content = text.encode(encoding)
  blocks = [content[k : k + size] for k in range(0, len(content), size)]
  pieces = list(decode_blocks(blocks, "it"))
  assert "".join(pieces) == decode(content, "it") == text
  assert all(pieces)


@given(st.binary(max_size=60))
def test_anything_is_text_or_one_clear_line(content):
  for whole in (content, *(mark + content for mark, _ in plain_text._MARKS)):
    try:
      decode(whole, "it")
    except ValueError as error:
      assert str(error).startswith("it ") and "\n" not in str(error)


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b""])
def test_the_mark_of_a_letter_is_stripped(start):
  assert decode(start + LETTER.encode(), "it") == LETTER


def test_the_letters_of_the_cases(case):
  assert decode(case("bom_letter.txt").read_bytes(), "it") == LETTER
  with pytest.raises(ValueError, match="not UTF-8: byte 0xE9 at offset 6, lin"):
    decode(case("latin_letter.txt").read_bytes(), "it")


@pytest.mark.parametrize(
  ("content", "message"),
  [
    (
      "Dear T\u00e9o".encode("latin-1"),
      "it is not UTF-8: byte 0xE9 at offset 6, line 1 ('é' if it is Latin-1); "
      "save it as UTF-8.",
    ),
    (
      b"\xef\xbb\xbfa\nb\n\x80",
      "it is not UTF-8: byte 0x80 at offset 7, line 3; save it as UTF-8.",
    ),
    (
      b"\xff\xfea\0\n\0\0\xd8\0\xd8",
      "it is not UTF-16: byte 0x00 at offset 6, line 2; save it as UTF-8.",
    ),
    (
      b"\0\0\xfe\xff\0\x7f\0\0",
      "it is not UTF-32: byte 0x00 at offset 4, line 1; save it as UTF-8.",
    ),
    (
      gzip.compress(b"a", mtime=0),
      "it is compressed with gzip; unpack it first.",
    ),
  ],
)
def test_bytes_that_are_no_text_are_told_with_their_place(content, message):
  with pytest.raises(ValueError) as error:
    decode(content, "it")
  assert str(error.value) == message


@pytest.mark.parametrize("text", ["hi", LETTER, "Привет, Том", "Γειά σου"])
@pytest.mark.parametrize(
  "encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
)
def test_a_missing_mark_is_said(text, encoding):
  with pytest.raises(ValueError, match="it seems to be UTF-16 or UTF-32 with"):
    decode(text.encode(encoding), "it")


@pytest.mark.parametrize("text", ["a\0", "a\0b", "\0" * 9, "ab\0cd\0ef\0", ""])
def test_null_characters_alone_make_no_other_encoding(text):
  assert decode(text.encode(), "it") == text


@given(st.binary(max_size=20))
def test_an_argument_gives_its_bytes_back(content):
  given = content.decode("utf-8", "surrogateescape")
  assert plain_text.encode(given) == content
