"""Text files: every symbol comes back, in bounded memory, or one clear line."""

import errno
import gzip
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graves_jax.data import codec
from graves_jax.data.codec import TextCodec, split_symbols
from graves_jax.data.sources import class_file, text_blocks, text_file


@pytest.fixture
def prepared(tmp_path):
  return tmp_path / "prepared"


def write(folder, content):
  path = folder / "text.txt"
  path.write_bytes(content.encode() if isinstance(content, str) else content)
  return path


def whole(text):
  return text[0 : len(text)]


def decoded(corpus):
  return corpus.codec.decode(
    np.concatenate([whole(corpus.train), whole(corpus.validation)])
  )


ASCII = "the quick\r\nbrown fox\n\tjumps\x00 over\n" * 20
ACCENTED = "«Où ça ?»\r\n𝄞 → là\n" * 20


@pytest.mark.parametrize("text", [ASCII, ACCENTED])
@pytest.mark.parametrize("units", ["characters", "bytes"])
def test_characters_and_bytes_come_back_with_their_line_ends(
  tmp_path, prepared, text, units
):
  corpus = text_file.load(
    write(tmp_path, text), units=units, prepared_dir=prepared
  )
  assert decoded(corpus) == text
  assert corpus.convention == units and corpus.words == {}
  symbols = split_symbols(text, units)
  assert corpus.codec.symbols == tuple(sorted(set(symbols)))
  assert len(corpus.validation) == round(len(symbols) / 10)
  assert whole(corpus.train).dtype == np.int32


@pytest.mark.parametrize("text", [ASCII, ACCENTED])
def test_words_come_back_and_are_counted(tmp_path, prepared, text):
  corpus = text_file.load(
    write(tmp_path, text), units="words", prepared_dir=prepared
  )
  words = split_symbols(text, "words")
  assert split_symbols(decoded(corpus), "words") == words
  assert corpus.codec.symbols == tuple(sorted(set(words)))
  assert sum(corpus.words.values()) == len(words)
  assert corpus.words["validation"] == len(corpus.validation)


@settings(max_examples=40, deadline=None)
@given(
  st.text("aé\n 𝄞\u2028\x1f", min_size=1, max_size=40),
  st.integers(1, 9),
)
def test_blocks_of_any_size_make_up_the_text(tmp_path_factory, text, size):
  path = write(tmp_path_factory.mktemp("t"), text)
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(text_blocks, "BLOCK_BYTES", size)
    assert "".join(text_blocks.character_blocks(path)) == text
    pieces = list(text_blocks.word_blocks(path))
  assert "".join(pieces) == text
  words = [w for piece in pieces for w in split_symbols(piece, "words")]
  assert words == split_symbols(text, "words")


def test_a_vocabulary_keeps_the_most_frequent_words(tmp_path, prepared):
  path = write(tmp_path, "a b a c a b d\n" * 3)
  corpus = text_file.load(
    path, units="words", vocabulary=2, prepared_dir=prepared
  )
  assert corpus.codec.symbols == ("<unk>", "a", "b")
  assert decoded(corpus).startswith("a b a <unk> a b <unk> <unk> a")
  with pytest.raises(ValueError, match=r"vocabulary \(=2\).*units words"):
    text_file.load(path, vocabulary=2, prepared_dir=prepared)


@pytest.mark.parametrize(
  ("count", "share", "parts"),
  [
    (100, 0.1, (90, 10)),
    (100, 0.5, (50, 50)),
    (100, 0.001, (98, 2)),
    (4, 0.1, (2, 2)),
    (5, 0.5, (3, 2)),
    (3, 0.1, (3, 3)),
    (2, 0.1, (2, 2)),
    (100, 0.0, (100, 100)),
  ],
)
def test_the_last_part_is_for_validation(
  tmp_path, prepared, count, share, parts
):
  path = write(tmp_path, ("ab" * count)[:count])
  corpus = text_file.load(path, validation_share=share, prepared_dir=prepared)
  assert (len(corpus.train), len(corpus.validation)) == parts


# Byte-order marks and compressed files.


@pytest.mark.parametrize("text", [ASCII, ACCENTED])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("units", ["characters", "words"])
def test_a_byte_order_mark_is_no_symbol(
  tmp_path, prepared, text, encoding, units
):
  path = write(tmp_path, text.encode(encoding))
  corpus = text_file.load(path, units=units, prepared_dir=prepared)
  assert corpus.codec == codec.TextCodec.of(text, units)
  if units == "characters":
    assert decoded(corpus) == text
  is_read_in_place = text.isascii() and encoding == "utf-8-sig"
  assert prepared.exists() == (not is_read_in_place or units == "words")


def test_bytes_are_learned_as_they_are(tmp_path, prepared):
  path = write(tmp_path, "ab".encode("utf-8-sig"))
  corpus = text_file.load(path, units="bytes", prepared_dir=prepared)
  assert corpus.codec.symbols == ("a", "b", "\xbb", "\xbf", "\xef")


@pytest.mark.parametrize(
  ("name", "line_end"), [("bom.txt", "\n"), ("crlf.txt.gz", "\r\n")]
)
def test_the_cases_are_read(case, prepared, name, line_end):
  text = decoded(text_file.load(case(name), prepared_dir=prepared))
  first, *others, last = text.split(line_end)
  assert first.startswith("She said hello") and first.endswith("the next day.")
  assert set(others) == {first} and last == ""


@pytest.mark.parametrize("name", ["crlf.txt.gz", "crlf.txt"])
@pytest.mark.parametrize("units", ["characters", "bytes", "words"])
def test_a_compressed_file_is_read_as_what_it_holds(
  tmp_path, prepared, name, units
):
  path, plain = tmp_path / name, write(tmp_path, ASCII)
  path.write_bytes(gzip.compress(ASCII.encode()))
  reports = []
  corpus = text_file.load(
    path,
    units=units,
    prepared_dir=prepared,
    progress=lambda *report: reports.append(report),
  )
  expected = text_file.load(plain, units=units, prepared_dir=prepared)
  assert corpus.codec == expected.codec
  assert decoded(corpus) == decoded(expected)
  size = path.stat().st_size
  assert reports[-1] == (size, size)


def test_a_small_file_cannot_unpack_without_bound(
  tmp_path, prepared, monkeypatch
):
  monkeypatch.setattr(text_blocks, "MAX_UNPACKED_BYTES", 300_000)
  path = write(tmp_path, gzip.compress(b"ab" * 200_000))
  with pytest.raises(ValueError, match="unpacks to more than 300,000 bytes"):
    text_file.load(path, prepared_dir=prepared)


# Text that was coded before.


def coded_files(prepared):
  return sorted((prepared / "text").glob("*"))


def test_ascii_and_bytes_stay_in_place_and_nothing_is_written(
  tmp_path, prepared
):
  text_file.load(write(tmp_path, ASCII), prepared_dir=prepared)
  text_file.load(
    write(tmp_path, ACCENTED), units="bytes", prepared_dir=prepared
  )
  assert not prepared.exists()


def test_other_text_is_coded_once(tmp_path, prepared, monkeypatch):
  path = write(tmp_path, ACCENTED)
  first = text_file.load(path, prepared_dir=prepared)
  (file,) = coded_files(prepared)
  assert file.suffix == ".classes"
  with monkeypatch.context() as patch:
    patch.delattr(text_file, "character_blocks")
    again = text_file.load(path, prepared_dir=prepared)
  assert again.codec == first.codec and decoded(again) == ACCENTED
  text_file.load(path, units="words", prepared_dir=prepared)
  assert len(coded_files(prepared)) == 2


def test_text_read_with_its_own_codec_is_not_coded_again(tmp_path, prepared):
  path = write(tmp_path, ACCENTED)
  corpus = text_file.load(path, prepared_dir=prepared)
  text_file.read_text(path, codec=corpus.codec, prepared_dir=prepared)
  assert len(coded_files(prepared)) == 1


def test_text_that_changed_is_coded_again(tmp_path, prepared):
  path = write(tmp_path, ACCENTED)
  text_file.load(path, prepared_dir=prepared)
  status = path.stat()
  write(tmp_path, ACCENTED.replace("là", "lé"))
  os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))
  corpus = text_file.load(path, prepared_dir=prepared)
  assert decoded(corpus) == ACCENTED.replace("là", "lé")


@pytest.mark.parametrize(
  "damage",
  [
    lambda content: b"",
    lambda content: content[:-1],
    lambda content: content + b"x",
    lambda content: b"\x00" * len(content),
    lambda content: content.replace(b'"units"', b'"unite"'),
    lambda content: content.replace(b'"count": ', b'"count": -'),
    lambda content: content.replace(b'"symbols": [', b'"symbols": [['),
    lambda content: content.replace(b"text.txt", b"test.txt"),
    lambda content: b"[" * 100_000 + content,
  ],
)
def test_a_damaged_file_of_classes_is_made_again(tmp_path, prepared, damage):
  path = write(tmp_path, ACCENTED)
  text_file.load(path, prepared_dir=prepared)
  (file,) = coded_files(prepared)
  content = file.read_bytes()
  file.write_bytes(damage(content))
  assert file.read_bytes() != content
  assert decoded(text_file.load(path, prepared_dir=prepared)) == ACCENTED
  assert file.read_bytes() == content


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
  (tmp_path / "prepared").write_text("in the way")
  with pytest.raises(ValueError, match=r"prepared.*--data\.prepared_dir"):
    text_file.load(
      write(tmp_path, ACCENTED), prepared_dir=tmp_path / "prepared"
    )


def test_a_folder_that_is_full_is_named(tmp_path, prepared, monkeypatch):
  def fail(_):
    raise OSError(errno.ENOSPC, "No space left on device")

  path = write(tmp_path, ACCENTED)
  codec = TextCodec.of(ACCENTED)
  monkeypatch.setattr(os, "fsync", fail)
  with pytest.raises(ValueError, match=r"text \(.*No space left.*prepared_dir"):
    text_file.load(path, prepared_dir=prepared)
  with pytest.raises(
    ValueError, match=r"No space left.*\); make room there\.$"
  ):
    text_file.read_text(path, codec=codec, prepared_dir=prepared)
  assert not list(prepared.glob("text/*"))


def test_an_error_of_the_text_is_not_one_of_the_folder(prepared):
  def blocks():
    yield np.zeros(2, np.int32)
    raise OSError(errno.EIO, "Input/output error", "text.txt")

  with pytest.raises(OSError, match=r"^\[Errno 5\] Input/.*: 'text\.txt'$"):
    class_file.write(prepared, "key", TextCodec.of("ab"), blocks(), 4)
  assert not list(prepared.iterdir())


@pytest.mark.skipif(
  not Path("/proc/self/mem").exists(), reason="a file of Linux"
)
def test_a_file_that_cannot_be_read_is_named(monkeypatch):
  monkeypatch.setattr(text_blocks, "is_packed", lambda path: False)
  with pytest.raises(OSError, match="'/proc/self/mem'"):
    list(text_blocks.byte_blocks(Path("/proc/self/mem")))


# Text coded for a network that was trained before.


@pytest.mark.parametrize("units", ["characters", "words"])
def test_such_text_needs_no_folder_that_can_be_written(tmp_path, units):
  (tmp_path / "prepared").write_text("in the way")
  codec, _ = text_file.read_text(
    path := write(tmp_path, ACCENTED), units=units, prepared_dir=tmp_path
  )
  _, text = text_file.read_text(
    path, codec=codec, prepared_dir=tmp_path / "prepared"
  )
  assert len(text) == len(split_symbols(ACCENTED, units))
  assert codec.decode(whole(text)).split() == ACCENTED.split()


@pytest.mark.parametrize(
  ("content", "units", "message"),
  [
    (b"caf\xe9", "characters", r"Latin-1\); save it as UTF-8\.$"),
    (b"caf\xe9", "words", r"Latin-1\); save it as UTF-8\.$"),
    (b"x" * 20_000, "words", "put spaces between words"),
    (None, "words", r"is a folder; give a text file\.$"),
  ],
)
def test_errors_of_such_text_name_no_setting_of_training(
  tmp_path, prepared, content, units, message
):
  path = tmp_path if content is None else write(tmp_path, content)
  codec = TextCodec(units, ("a", "x"))
  with pytest.raises(ValueError, match=message):
    text_file.read_text(path, codec=codec, prepared_dir=prepared)
  with pytest.raises(ValueError, match="with --data"):
    text_file.read_text(path, units=units, prepared_dir=prepared)


@pytest.mark.parametrize("units", ["characters", "bytes", "words"])
def test_another_text_is_coded_by_a_given_codec(tmp_path, prepared, units):
  codec, _ = text_file.read_text(
    write(tmp_path, ACCENTED), units=units, prepared_dir=prepared
  )
  path = tmp_path / "other.txt"
  path.write_text("là ça\n", newline="")
  used, text = text_file.read_text(path, codec=codec, prepared_dir=prepared)
  assert used is codec or used == codec
  if units == "words":
    assert codec.decode(whole(text)) == "là ça\n"
  path.write_text("là xyz\n")
  named = {"characters": "'x', 'y', 'z'", "bytes": "'x', 'y', 'z'"}
  with pytest.raises(ValueError, match=named.get(units, "lacks: 'xyz'")):
    text_file.read_text(path, codec=codec, prepared_dir=prepared)


def test_unknown_words_become_unk(tmp_path, prepared):
  path = write(tmp_path, "a b a c a b d\n" * 3)
  codec, _ = text_file.read_text(
    path, units="words", vocabulary=2, prepared_dir=prepared
  )
  other = tmp_path / "other.txt"
  other.write_text("z a\n")
  _, text = text_file.read_text(other, codec=codec, prepared_dir=prepared)
  assert codec.decode(whole(text)) == "<unk> a <unk>"


# Mistakes.


@pytest.mark.parametrize(
  ("content", "units", "message"),
  [
    (b"", "characters", "is empty"),
    (b"a", "characters", "has 1 characters; a text has two"),
    ("é", "characters", "has 1 characters; a text has two"),
    (b"a", "bytes", "has 1 bytes"),
    (b" one ", "words", "has 1 words"),
    (b" \n\t", "words", "only the symbol '</s>'|has 1 words"),
    (b" \t ", "words", "no words; it is all white space"),
    (b"aaaa", "characters", "only the symbol 'a', 4 times"),
    (b"ab\ncd\xff\n", "characters", "byte 0xFF at offset 5, line 2"),
    (
      b"caf\xe9 au lait",
      "words",
      "0xE9 at offset 3, line 1 .'é' if it is Latin-1.; .*--data.units bytes",
    ),
    ("\ufeff", "characters", "is empty"),
    (gzip.compress(b"", mtime=0), "bytes", "is empty"),
    ("a\nb".encode("utf-16-le"), "characters", "UTF-16 .* without a byte-ord"),
    (
      gzip.compress(b"ab" * 99, mtime=0)[:-9],
      "characters",
      "not a whole gzip file",
    ),
    (b"\xff\xfea\0\0\xd8\0\0", "words", "not UTF-16: byte 0x00 at offset 4,"),
    ("é\n\n€".encode()[:-1], "characters", "0xE2 at offset 4, line 3"),
    (b"\xed\xa0\x80ab", "characters", "0xED at offset 0"),
    (b"x" * 700_000, "words", "more than 10,000 characters, 'xxx"),
  ],
)
def test_what_cannot_be_learned_is_one_clear_line(
  tmp_path, prepared, content, units, message
):
  with pytest.raises(ValueError, match=message) as error:
    text_file.load(write(tmp_path, content), units=units, prepared_dir=prepared)
  assert "\n" not in str(error.value) and len(str(error.value)) < 400


def test_damage_far_into_a_file_is_found(tmp_path, prepared):
  lines = "é" * 50 + "\n"
  content = lines.encode() * 10_000
  path = write(tmp_path, content + b"abc\xc3(\n")
  offset = f"{len(content) + 3:,}"
  with pytest.raises(ValueError, match=f"offset {offset}, line 10,001"):
    text_file.load(path, prepared_dir=prepared)


def test_paths_that_are_no_file_are_named(tmp_path):
  with pytest.raises(FileNotFoundError, match=r"none\.txt\) does not exist"):
    text_file.load(tmp_path / "none.txt")
  with pytest.raises(FileNotFoundError, match="does not exist"):
    text_file.load(write(tmp_path, "ab") / "x")
  with pytest.raises(ValueError, match="is a folder"):
    text_file.load(tmp_path)
  with pytest.raises(ValueError, match="no regular file"):
    text_file.load("/dev/null")
  with pytest.raises(ValueError, match="null"):
    text_file.load("a\0b")


# Large files.


@pytest.fixture(scope="module")
def large(tmp_path_factory):
  """20 MB with a few words and a character of several bytes."""
  path = tmp_path_factory.mktemp("large") / "text.txt"
  line = "".join(f"word{k} été " for k in range(1000)) + "\n"
  content = line.encode()
  path.write_bytes(content * (20 * 2**20 // len(content)))
  return path


@pytest.mark.parametrize("units", ["bytes", "characters"])
def test_memory_is_bounded(large, prepared, units):
  reports = []
  tracemalloc.start()
  try:
    corpus = text_file.load(
      large,
      units=units,
      prepared_dir=prepared,
      progress=lambda done, total: reports.append((done, total)),
    )
    corpus.train[12_345_678:12_345_688]
    _, peak = tracemalloc.get_traced_memory()
  finally:
    tracemalloc.stop()
  assert len(corpus.train) > 15 * 2**20
  assert peak < 12 * 2**20
  size = large.stat().st_size
  assert reports[-1] == (size, size)
  assert all(0 < done <= total == size for done, total in reports)


def test_words_of_a_large_file_are_coded_into_one(large, prepared):
  corpus = text_file.load(large, units="words", prepared_dir=prepared)
  assert corpus.codec.size == 1002
  (file,) = coded_files(prepared)
  count = len(corpus.train) + len(corpus.validation)
  assert file.stat().st_size < 2 * count + 100_000
  text = corpus.codec.decode(corpus.train[1999:2004])
  assert text == "été\nword0 été word1"
