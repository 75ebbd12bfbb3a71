"""Wikipedia: the first 100,000,000 bytes of a dump of 2006 (Section 3.2)."""

import errno
import lzma
import os
import struct
import zipfile
import zlib
from pathlib import Path

from graves_jax.data.codec import TextCodec
from graves_jax.data.corpus import Corpus
from graves_jax.data.sources.download import Remote, download
from graves_jax.data.sources.text_blocks import Progress
from graves_jax.data.sources.text_file import (
  DEFAULT_FOLDER,
  as_corpus,
  read_text,
)

NAME = "enwik8"
BYTES = 100_000_000
DISTINCT = 205
VALIDATION_SHARE = 0.04  # the first 96 MB train, the last 4 MB validate

_REMOTE = Remote(
  "https://mattmahoney.net/dc/enwik8.zip",
  36_445_475,
  "547994d9980ebed1288380d652999f38a14fe291a6247c157c3d33d4932534bc",
)

INSTRUCTIONS = (
  f"Get {_REMOTE.name} from Matt Mahoney's page of the Large Text Compression "
  "Benchmark, and give its path, packed or not, or its folder with --data.path."
)

_UNPACKED_BLOCK = 2**20


def load(
  path: str | Path | None = None,
  *,
  codec: TextCodec | None = None,
  prepared_dir: str | Path | None = None,
  progress: Progress | None = None,
) -> Corpus:
  """The bytes: the first 96 % to train on, the last 4 % to validate.

  A shorter piece of the file is split in the same shares, which its
  convention says.

  Args:
    path: the file, enwik8.zip, or a folder with either; nothing: it is
      downloaded.
    codec: of a network that was trained before; by default the distinct bytes
      of the whole file, 205 of them.
    prepared_dir: downloads and what is unpacked are kept in its folder
      enwik8; by default in ~/.cache/graves_jax.
    progress: called with the bytes read and the bytes there are.

  Raises:
    FileNotFoundError: if the file is missing: says where to get it.
    ValueError: if it is damaged, or not what was published.
  """
  folder = Path(prepared_dir or DEFAULT_FOLDER).expanduser() / NAME
  file = _find(path, folder, progress)
  if file.suffix == ".zip":
    file = _unpack(file, folder, progress)
  codec, text = read_text(file, codec=codec, units="bytes", progress=progress)
  if len(text) == BYTES and codec.size != DISTINCT:
    raise ValueError(
      f"{file} has {codec.size} different bytes and must have {DISTINCT}: it "
      f"is not the file that was published. {INSTRUCTIONS}"
    )
  corpus = as_corpus(codec, text, VALIDATION_SHARE, str(file))
  convention = "bytes"
  if len(text) != BYTES:
    convention = f"bytes, {len(text):,} of them split 96 to 4"
  return Corpus(
    codec=codec,
    train=corpus.train,
    validation=corpus.validation,
    convention=convention,
  )


def _find(
  path: str | Path | None, folder: Path, progress: Progress | None
) -> Path:
  if path is None:
    return download(_REMOTE, folder, INSTRUCTIONS, progress)
  path = Path(path).expanduser()
  candidates = [path]
  if path.is_dir():
    candidates = [path / NAME, path / _REMOTE.name]
  for candidate in candidates:
    if candidate.is_file():
      return candidate
  where = f"{NAME} not found in {path}" if path.is_dir() else f"no file {path}"
  raise FileNotFoundError(f"{where}. {INSTRUCTIONS}")


def _unpack(
  archive: Path, folder: Path, progress: Progress | None = None
) -> Path:
  """Unpacks the one file of interest, under the name of its checksum."""
  try:
    with zipfile.ZipFile(archive) as packed:
      info = packed.getinfo(NAME)
      if info.file_size > BYTES:
        raise ValueError(
          f"{archive} unpacks to {info.file_size:,} bytes; {NAME} has "
          f"{BYTES:,}. {INSTRUCTIONS}"
        )
      path = folder / f"{NAME}-{info.CRC:08x}"
      if path.is_file() and path.stat().st_size == info.file_size:
        return path
      folder.mkdir(parents=True, exist_ok=True)
      part = path.with_name(f"{path.name}.{os.getpid()}.part")
      try:
        _copy(packed, info, part, progress)
        part.replace(path)
      finally:
        part.unlink(missing_ok=True)
  except (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    UnicodeError,
  ) as error:
    # Of the system's errors, those of places in the archive and of bzip2.
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
      raise
    raise ValueError(
      f"{archive} is damaged or is not {_REMOTE.name} ({error}). {INSTRUCTIONS}"
    ) from None
  return path


def _copy(
  packed: zipfile.ZipFile,
  info: zipfile.ZipInfo,
  path: Path,
  progress: Progress | None,
) -> None:
  done = 0
  with packed.open(info) as source, path.open("wb") as target:
    while block := source.read(_UNPACKED_BLOCK):
      done += len(block)
      target.write(block)
      if progress:
        progress(done, info.file_size)
