"""Archives that are made to do harm. What tar programs can write is tested
where the archives are read; these are written by hand."""

import gzip
import io
import tarfile

import pytest

from graves_jax.data.sources import untrusted_tar

END = bytes(1024)


def header(name="a.xml", size=0, kind=tarfile.REGTYPE):
  info = tarfile.TarInfo(name)
  info.size, info.type = size, kind
  return bytearray(info.tobuf(tarfile.GNU_FORMAT))


def with_size(block, size_field):
  """A header with another size field, and the checksum that fits."""
  block[124 : 124 + len(size_field)] = size_field
  block[148:156] = b" " * 8
  block[148:156] = b"%06o\0 " % sum(block)
  return block


def read(tmp_path, content):
  path = tmp_path / "a.tar.gz"
  path.write_bytes(gzip.compress(content))
  return list(untrusted_tar.members(path, ".xml", lambda name: True))


def test_whole_archives_are_read(tmp_path):
  content = b"x" * 50_000  # more than a header may have
  member = header(size=len(content)) + content + bytes(-len(content) % 512)
  assert read(tmp_path, member + END) == [("a", content)]


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, b"L", b"x", b"g"])
def test_a_size_below_zero_is_refused(tmp_path, kind):
  # Some releases of Python read such an archive for ever.
  block = with_size(header(kind=kind), b"\xff" * 11 + b"\x00")
  with pytest.raises(ValueError, match=r"a\.tar\.gz"):
    read(tmp_path, block + END)


@pytest.mark.parametrize("kind", [b"L", b"x", b"g"])
def test_headers_of_headers_without_end_are_refused(tmp_path, kind):
  text = b"9 a=bcd\n\n" if kind in b"xg" else b"name\0"
  block = header(size=len(text), kind=kind) + text.ljust(512, b"\0")
  with pytest.raises(ValueError, match=r"a\.tar\.gz"):
    read(tmp_path, block * 3000 + END)


def test_a_header_larger_than_any_is_refused(tmp_path):
  size = untrusted_tar.HEADER_BYTES + 512
  block = header(size=size, kind=b"x") + b"7" * size
  with pytest.raises(ValueError, match="per header"):
    read(tmp_path, block + header() + END)


def test_what_follows_the_end_is_bounded_too(tmp_path, monkeypatch):
  monkeypatch.setattr(untrusted_tar, "ARCHIVE_BYTES", 10**6)
  with pytest.raises(ValueError, match="unpacks to more than"):
    read(tmp_path, header() + END + bytes(10**7))


def test_headers_are_not_remembered(tmp_path):
  """The memory of an archive does not grow with the number of its members."""
  path = tmp_path / "a.tar.gz"
  file = io.BytesIO()
  with tarfile.open(fileobj=file, mode="w") as archive:
    for k in range(5):
      archive.addfile(tarfile.TarInfo(f"{k}.xml"))
  path.write_bytes(gzip.compress(file.getvalue()))
  names = [
    name for name, _ in untrusted_tar.members(path, ".xml", lambda name: True)
  ]
  assert names == ["0", "1", "2", "3", "4"]
