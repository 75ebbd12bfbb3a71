"""Chooses the source of text that a config's data names."""

import codecs
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from graves_jax.config import TextDataConfig
from graves_jax.data.codec import TextCodec, split_symbols
from graves_jax.data.corpus import Classes, Corpus
from graves_jax.data.sources import (
  enwik8,
  penn_treebank,
  standard_library,
  text_file,
  text_folder,
)
from graves_jax.data.sources.text_blocks import (
  Progress,
  byte_blocks,
  character_blocks,
  require_text_file,
)


def load_corpus(
  data: TextDataConfig,
  progress: Progress | None = None,
  codec: TextCodec | None = None,
) -> Corpus:
  """The corpus that `data` names.

  Args:
    data: source, path and settings.
    progress: called with how much is read and how much there is.
    codec: of a network that was trained before; nothing: that of the corpus.

  Raises:
    FileNotFoundError: if the path, or a file in it, is missing.
    ValueError: if the text is damaged, or settings do not go together, or the
      given codec lacks symbols of the text.
  """
  _require_settings_that_go_together(data)
  if data.source == "penn_treebank":
    return _load_penn_treebank(data, progress, codec)
  if data.source == "enwik8":
    return enwik8.load(
      data.path,
      codec=codec,
      prepared_dir=data.prepared_dir,
      progress=progress,
    )
  if data.path is None:
    return standard_library.load(
      units=data.units,
      vocabulary=data.vocabulary,
      validation_share=data.validation_share,
      codec=codec,
    )
  joined = _joined(data, data.path, progress)
  if joined is None and data.glob is not None:
    raise ValueError(
      f"data.glob (={data.glob!r}) names files of a folder, and data.path "
      f"(={data.path}) is none; leave data.glob out, or give a folder."
    )
  corpus = text_file.load(
    data.path if joined is None else joined.path,
    units=data.units,
    vocabulary=data.vocabulary,
    validation_share=data.validation_share,
    codec=codec,
    prepared_dir=data.prepared_dir,
    progress=progress,
  )
  notes = () if joined is None else (joined.note(),)
  return dataclasses.replace(corpus, notes=notes)


def _joined(
  data: TextDataConfig, path: str, progress: Progress | None = None
) -> text_folder.Joined | None:
  """The text of a folder as one file; None if the path is no folder, or no
  files of it are named."""
  folder = Path(path).expanduser()
  if data.glob is None or not folder.is_dir():
    return None
  place = Path(data.prepared_dir or text_file.DEFAULT_FOLDER).expanduser()
  return text_folder.join(folder, data.glob, place / "text", progress)


def _require_settings_that_go_together(data: TextDataConfig) -> None:
  if data.source != "text" and data.vocabulary is not None:
    raise ValueError(
      f"data.vocabulary (={data.vocabulary}) is of text files, not of "
      f"{data.source}; leave it out."
    )
  if data.source != "penn_treebank" and data.sequences != "stream":
    raise ValueError(
      f"data.sequences (={data.sequences}) is of Penn Treebank, not of "
      f"{data.source}; leave it out."
    )
  if data.source != "penn_treebank" and data.convention != "G":
    raise ValueError(
      f"data.convention (={data.convention}) is of Penn Treebank, not of "
      f"{data.source}; leave it out."
    )
  if data.glob is not None and (data.source != "text" or data.path is None):
    raise ValueError(
      f"data.glob (={data.glob!r}) names files of a folder of text; give that "
      "as data.path, or leave it out."
    )
  share = data.validation_share
  if data.source != "text" and share != TextDataConfig.validation_share:
    raise ValueError(
      f"data.validation_share (={share}) is of text files; {data.source} has "
      "splits of its own. Leave it out."
    )
  if data.source == "enwik8" and data.units == "words":
    raise ValueError(
      "data.units (=words) does not go with enwik8, whose symbols are bytes; "
      "leave it out."
    )


def _load_penn_treebank(
  data: TextDataConfig, progress: Progress | None, codec: TextCodec | None
) -> Corpus:
  corpus = penn_treebank.load(
    data.path,
    units=data.units,
    convention=data.convention,
    prepared_dir=data.prepared_dir,
    progress=progress,
  )
  if codec is not None and codec != corpus.codec:
    raise ValueError(
      f"the checkpoint's {codec.size:,} {codec.units} are not the "
      f"{corpus.codec.size:,} of Penn Treebank, {corpus.convention}; give a "
      "text file to evaluate it on."
    )
  return corpus


class TextSplit(NamedTuple):
  """Text to evaluate on.

  classes: the text, coded.
  words: how many words it has, with ends of lines counted; None where text is
    not counted in words.
  convention: what a symbol is, in short.
  sentence_end: as of `Corpus`.
  """

  classes: Classes
  words: int | None
  convention: str
  sentence_end: str | None = None


def load_text_split(
  data: TextDataConfig,
  codec: TextCodec,
  split: str | None = None,
  path: str | None = None,
  progress: Progress | None = None,
) -> TextSplit:
  """Text to evaluate a trained network on, coded by the network's codec.

  Args:
    data: what the network was trained on.
    codec: the network's.
    split: "train", "validation" or "test" of that corpus; nothing:
      "validation".
    path: with a split, where the corpus lies now; without one, another text,
      which is read whole, spelled in the same convention for a network of
      Penn Treebank. A folder or an archive is always the corpus.
    progress: called with how much is read and how much there is.

  Raises:
    FileNotFoundError, ValueError: as `load_corpus`; also if the corpus has no
      such split, or the codec lacks symbols of the text: names them.
  """
  _require_settings_that_go_together(data)
  if path is None or split is not None or is_corpus(data.source, path):
    if path is not None:
      data = dataclasses.replace(data, path=path)
    corpus, split = load_corpus(data, progress, codec), split or "validation"
    words = corpus.words.get(split)
    return TextSplit(
      corpus.split(split), words, corpus.convention, corpus.sentence_end
    )
  sentence_end = None
  if data.source == "penn_treebank":
    sentence_end = penn_treebank.sentence_end(codec.units, data.convention)
  if data.source == "penn_treebank" and codec.units == "characters":
    blocks = character_blocks(require_text_file(path), progress)
    text = "".join(blocks)
    spelled = penn_treebank.spell(text, codec.units, data.convention)
    return TextSplit(
      codec.encode(spelled),
      len(split_symbols(text, "words")),
      penn_treebank.name_convention(codec.units, data.convention),
      sentence_end,
    )
  joined = _joined(data, path, progress)
  _, coded = text_file.read_text(
    path if joined is None else joined.path,
    codec=codec,
    prepared_dir=data.prepared_dir,
    progress=progress,
  )
  words = len(coded) if codec.units == "words" else None
  return TextSplit(coded, words, codec.units, sentence_end)


def is_corpus(source: str, path: str) -> bool:
  """Whether a path holds the corpus that `source` names, not another text."""
  place = Path(path).expanduser()
  archives = (penn_treebank.ARCHIVE, enwik8.NAME, f"{enwik8.NAME}.zip")
  return source != "text" and (place.is_dir() or place.name in archives)


def load_training_lines(data: TextDataConfig) -> Iterator[str]:
  """The lines of the text that a network was trained on, read one by one.

  Raises:
    FileNotFoundError, ValueError: if it was no text file, or it is not there;
      before any line is read.
  """
  if data.source != "text":
    raise ValueError(
      f"the network was trained on {data.source}, which is not a text of "
      "lines; lines can be compared with those of a text file only."
    )
  if data.path is None:
    return iter(standard_library.read_all().split("\n"))
  joined = _joined(data, data.path)
  path = require_text_file(data.path if joined is None else joined.path)
  if data.units == "bytes":
    # As samples are decoded, of which a network of bytes may make anything.
    return _lines(codecs.iterdecode(byte_blocks(path), "utf-8", "replace"))
  return _lines(character_blocks(path))


def _lines(blocks: Iterator[str]) -> Iterator[str]:
  """The lines of a text that comes in blocks, without their ends."""
  pieces = []
  for block in blocks:
    first, *others = block.split("\n")
    pieces.append(first)
    for line in others:
      yield "".join(pieces)
      pieces = [line]
  yield "".join(pieces)
