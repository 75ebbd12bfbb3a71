"""Wikipedia: byte for byte, split 96 to 4, packed or not, or refused."""

import zipfile

import numpy as np
import pytest
from paths import SHARED

from graves_jax.data.codec import TextCodec
from graves_jax.data.sources import enwik8

REAL = SHARED / "data" / "text"


@pytest.fixture
def enwik5():
  """The first 100,001 bytes of the real file; skips where there is none."""
  if not (REAL / "enwik5").is_file():
    pytest.skip(f"enwik5, the first 100,001 bytes of enwik8, is not in {REAL}.")
  return REAL / "enwik5"


def all_bytes(corpus):
  classes = np.concatenate(
    [part[0 : len(part)] for part in (corpus.train, corpus.validation)]
  )
  return bytes(ord(corpus.codec.symbols[k]) for k in classes)


CONTENT = bytes(range(200)) * 5


@pytest.fixture
def folder(tmp_path):
  (tmp_path / "data").mkdir()
  (tmp_path / "data" / "enwik8").write_bytes(CONTENT)
  return tmp_path / "data"


def pack(path, content=CONTENT, name="enwik8", method=zipfile.ZIP_DEFLATED):
  with zipfile.ZipFile(path, "w", method) as archive:
    archive.writestr(name, content)
  return path


def test_the_beginning_of_the_real_file_passes_byte_for_byte(enwik5):
  corpus = enwik8.load(enwik5)
  assert all_bytes(corpus) == enwik5.read_bytes()
  assert (len(corpus.train), len(corpus.validation)) == (96_001, 4_000)
  assert corpus.convention == "bytes, 100,001 of them split 96 to 4"
  text = enwik5.read_bytes()[: len(corpus.train)].decode("utf-8", "replace")
  assert corpus.codec.decode(corpus.train[0:96_001]) == text


def test_the_whole_file_is_split_as_in_the_paper(tmp_path):
  path = tmp_path / "enwik8"
  with path.open("wb") as file:
    file.write(bytes(range(205)))
    file.truncate(100_000_000)  # takes no place on disk
  corpus = enwik8.load(tmp_path)
  assert corpus.codec.size == 205 and corpus.convention == "bytes"
  assert (len(corpus.train), len(corpus.validation)) == (96_000_000, 4_000_000)
  with path.open("r+b") as file:
    file.write(b"\xff")
  with pytest.raises(ValueError, match="206 different bytes and must have 205"):
    enwik8.load(tmp_path)


def test_file_folder_and_archive_are_the_same(folder, tmp_path):
  packed = tmp_path / "packed"
  packed.mkdir()
  pack(packed / "enwik8.zip")
  prepared = tmp_path / "prepared"
  paths = (folder, folder / "enwik8", packed, packed / "enwik8.zip")
  for path in paths:
    assert all_bytes(enwik8.load(path, prepared_dir=prepared)) == CONTENT
  (unpacked,) = (prepared / "enwik8").iterdir()
  assert unpacked.read_bytes() == CONTENT
  unpacked.write_bytes(b"cut short")
  assert all_bytes(enwik8.load(packed, prepared_dir=prepared)) == CONTENT


def test_a_network_keeps_its_codec(folder):
  codec = TextCodec("bytes", tuple(map(chr, reversed(range(256)))))
  corpus = enwik8.load(folder, codec=codec)
  assert corpus.codec == codec and all_bytes(corpus) == CONTENT
  with pytest.raises(ValueError, match="lacks: 0x00, 0x01"):
    enwik8.load(folder, codec=TextCodec.of(b"abc", "bytes"))


@pytest.mark.parametrize("path", ["", "enwik8", "enwik8.zip"])
def test_a_missing_file_says_where_to_get_it(tmp_path, path):
  with pytest.raises(
    FileNotFoundError, match=r"enwik8\.zip from Matt Mahoney.*--data\.path"
  ):
    enwik8.load(tmp_path / path)


def test_archives_that_are_not_the_published_one_are_refused(
  tmp_path, monkeypatch
):
  def refuses(path, message):
    with pytest.raises(ValueError, match=message):
      enwik8.load(path, prepared_dir=tmp_path / "prepared")
    assert not list((tmp_path / "prepared").rglob("enwik8-*"))

  path = tmp_path / "enwik8.zip"
  path.write_bytes(b"<html>not found</html>")
  refuses(path, r"enwik8\.zip is damaged or is not enwik8\.zip")
  refuses(pack(path, name="../enwik8"), "There is no item named 'enwik8'")
  pack(path, method=zipfile.ZIP_STORED)
  content = path.read_bytes()
  path.write_bytes(content.replace(b"\x10\x11", b"\x10\x12", 1))
  refuses(path, "Bad CRC-32")
  path.write_bytes(content[:900])
  refuses(path, "is damaged")
  path.write_bytes(content[1:])  # the archive's places now begin before it
  refuses(path, "is damaged")
  monkeypatch.setattr(enwik8, "BYTES", 999)
  refuses(pack(path), "unpacks to 1,000 bytes; enwik8 has 999")
