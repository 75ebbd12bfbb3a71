"""The parsers of outside data, each with inputs for it."""

import dataclasses
import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fuzz_ink as ink
import fuzz_inputs as inputs
import launch
from hypothesis import strategies as st


@dataclasses.dataclass(frozen=True)
class Parser:
  """What reads something from outside.

  inputs: a strategy of what it is given.
  read: reads an input; it may write into the folder.
  """

  inputs: st.SearchStrategy
  read: Callable[[Any, Path], Any]


def parsers() -> dict[str, Parser]:
  """All of them, by name; importing what they need takes a while."""
  sys.path.append(str(launch.ROOT))
  from graves_jax.checkpoints.metadata import from_json
  from graves_jax.checkpoints.read import restore_checkpoint
  from graves_jax.config import HandwritingConfig, ReadingConfig, TextConfig
  from graves_jax.config.stored import from_dict
  from graves_jax.data.codec import TextCodec
  from graves_jax.data.plain_text import decode
  from graves_jax.data.sources import class_file, untrusted_tar
  from graves_jax.data.sources.enwik8 import load as load_enwik8
  from graves_jax.data.sources.iam_ondb.archive import parse_transcript
  from graves_jax.data.sources.ink_file import read_ink
  from graves_jax.data.sources.stroke_file import read_stroke_file
  from graves_jax.data.strokes import Alphabet, StrokeCodec
  from graves_jax.networks.build import build_network
  from graves_jax.results.metrics import training_of
  from graves_jax.sampling.transcript import fit_text
  from graves_jax.training.records import MetricsFile

  def read_config(content: bytes, folder: Path):
    from graves_jax.commands import command_line

    return command_line.read_config(_write(folder / "config.py", content))

  def read_metadata(value: Any, folder: Path):
    metadata = from_json(value)
    return build_network(metadata.config.network, metadata.codec.size)

  def read_checkpoint(content: bytes, folder: Path):
    (folder / "checkpoint/metadata").mkdir(parents=True, exist_ok=True)
    (folder / "checkpoint/params").mkdir(exist_ok=True)
    _write(folder / "checkpoint/metadata/metadata", content)
    return restore_checkpoint(folder / "checkpoint")

  def read_text(units: str, content: bytes, folder: Path):
    from graves_jax.data.sources.text_file import load

    prepared = folder / "prepared"
    corpus = load(
      _write(folder / "text.txt", content), units=units, prepared_dir=prepared
    )
    for path in prepared.rglob("*.classes"):
      path.unlink()
    return corpus

  def read_classes(content: bytes, folder: Path):
    _write(class_file._path(folder, "key"), content)
    return class_file.read(folder, "key")

  def read_archive(content: bytes, folder: Path):
    path = _write(folder / "a.tar.gz", content)
    return list(untrusted_tar.members(path, ".xml", lambda name: True))

  def read_metrics(content: bytes, folder: Path):
    MetricsFile(_write(folder / "metrics.jsonl", content), 3).__exit__()

  def read_rows(content: bytes, folder: Path):
    _write(folder / "metrics.jsonl", content)
    return training_of(folder, None)

  def read_zip(content: bytes, folder: Path):
    path = _write(folder / "enwik8.zip", content)
    corpus = load_enwik8(path, prepared_dir=folder)
    for file in (folder / "enwik8").iterdir():
      file.unlink()
    return corpus

  def read_strokes(name: str, content: bytes, folder: Path):
    return read_stroke_file(_write(folder / name, content))

  def read_any_ink(name: str, content: bytes, folder: Path):
    return read_ink(_write(folder / name, content))

  def read_xopp(content: bytes, folder: Path):
    return read_ink(_write(folder / "a.xopp", content), "ab")

  text, handwriting, reading = _metadata_of_all_kinds()
  strokes = inputs.lines_of_json(*_STROKES)
  letters = Alphabet(tuple(" .Zadeisy"))
  classes = class_file._header("key", TextCodec("words", ("a", "b")), 3)
  hello = (launch.ROOT / "configs/hello.py").read_bytes()
  metadata = inputs.broken_json(text, handwriting, reading)
  return {
    "checkpoint metadata": Parser(metadata, read_metadata),
    "checkpoint folder": Parser(
      st.one_of(metadata.map(_signed), inputs.broken_bytes(_signed(text))),
      read_checkpoint,
    ),
    "config of text": Parser(
      inputs.broken_json(text["config"]),
      lambda value, _: from_dict(value, TextConfig),
    ),
    "config of handwriting": Parser(
      inputs.broken_json(handwriting["config"]),
      lambda value, _: from_dict(value, HandwritingConfig),
    ),
    "config of reading": Parser(
      inputs.broken_json(reading["config"]),
      lambda value, _: from_dict(value, ReadingConfig),
    ),
    "config file": Parser(inputs.broken_bytes(hello, *_CONFIGS), read_config),
    "text codec": Parser(
      inputs.broken_json(text["codec"]),
      lambda value, _: TextCodec.from_json(value),
    ),
    "stroke codec": Parser(
      inputs.broken_json(handwriting["codec"]),
      lambda value, _: StrokeCodec.from_json(value),
    ),
    "stroke file": Parser(
      st.one_of(strokes, inputs.encoded_text),
      functools.partial(read_strokes, "a.jsonl"),
    ),
    "stroke file .gz": Parser(
      inputs.gzipped(strokes), functools.partial(read_strokes, "a.jsonl.gz")
    ),
    "ink by column": Parser(
      ink.drawings, functools.partial(read_any_ink, "a.ndjson")
    ),
    "InkML": Parser(ink.inkml, functools.partial(read_any_ink, "a.inkml")),
    "SVG": Parser(ink.svg, functools.partial(read_any_ink, "a.svg")),
    "Xournal++": Parser(
      st.one_of(ink.xournal, inputs.gzipped(ink.xournal)), read_xopp
    ),
    "IAM strokes": Parser(inputs.xml, _read_iam_strokes),
    "IAM ink": Parser(
      inputs.xml,
      lambda content, folder: read_ink(_write(folder / "a.xml", content), "ab"),
    ),
    "IAM transcript": Parser(
      inputs.transcript, lambda content, _: parse_transcript(content, "a01")
    ),
    "IAM list": Parser(inputs.form_list, _read_iam_list),
    "archive .tar.gz": Parser(inputs.gzipped(inputs.tar()), read_archive),
    "archive .zip": Parser(
      inputs.broken_bytes(inputs.zip_of("enwik8"), inputs.zip_of("../x")),
      read_zip,
    ),
    "text by characters": Parser(
      inputs.text, functools.partial(read_text, "characters")
    ),
    "text by bytes": Parser(inputs.text, functools.partial(read_text, "bytes")),
    "text by words": Parser(inputs.text, functools.partial(read_text, "words")),
    "text .gz": Parser(
      inputs.gzipped(st.one_of(inputs.text, inputs.encoded_text)),
      functools.partial(read_text, "characters"),
    ),
    "text to write": Parser(
      inputs.encoded_text,
      lambda content, _: fit_text(decode(content, "it"), letters),
    ),
    "coded text": Parser(
      inputs.broken_bytes(classes + b"\0\1\0"), read_classes
    ),
    "metrics.jsonl": Parser(
      inputs.lines_of_json({"kind": "train", "step": 2, "nats": 1.5}),
      read_metrics,
    ),
    "rows of metrics.jsonl": Parser(inputs.lines_of_json(*_ROWS), read_rows),
  }


_STROKES = (
  {"text": "hello", "strokes": [[[0, 0], [3, 9]], [[20, 4], [22, 9]]]},
  {
    "text": "a",
    "name": "b",
    "split": "validation",
    "strokes": [[[0, 1], [2.5, 0]]],
  },
)
_ROWS = (
  {
    "kind": "train",
    "step": 2,
    "seconds": 0.5,
    "elements_per_second": 900.0,
    "nats_per_element": 1.5,
    "nats_per_sequence": 90.0,
  },
  {"kind": "validation", "step": 2, "nats_per_sequence": 80.0},
)
_CONFIGS = (
  b"def get_config():\n  return 1 / 0\n",
  b"def get_config():\n  return 3\n",
  b"import nothing_of_this_name\n",
  b"def get_config(needed):\n  return needed\n",
)


def _read_iam_strokes(content: bytes, folder: Path):
  from graves_jax.data.sources.iam_ondb.archive import parse_strokes
  from graves_jax.data.sources.iam_ondb.repairs import repair
  from graves_jax.data.strokes import offsets_from_strokes

  return offsets_from_strokes(repair(parse_strokes(content, "a.xml")).strokes)


def _read_iam_list(content: bytes, folder: Path):
  from graves_jax.data.sources.iam_ondb import archive

  names = (archive.STROKES, archive.TRANSCRIPTS)
  for name in names:
    _write(folder / name, b"")
  for k, split in enumerate(archive.SPLITS):
    _write(folder / f"{split}.txt", b"b01-%03d" % k)
  _write(folder / "trainset.txt", content)
  return archive.read_forms(folder)


def _write(path: Path, content: bytes) -> Path:
  path.write_bytes(content)
  return path


def _metadata_of_all_kinds() -> tuple[dict, dict, dict]:
  """What a checkpoint of text says of itself, one of handwriting, and one of
  reading."""
  from graves_jax.checkpoints.metadata import Metadata, Stage, to_json
  from graves_jax.config import (
    HandwritingConfig,
    NetworkConfig,
    ReadingConfig,
    ReadingNetworkConfig,
    TextConfig,
    TextNetworkConfig,
  )
  from graves_jax.data.codec import TextCodec
  from graves_jax.data.strokes import Alphabet, Normalization, StrokeCodec

  stage = Stage("run", 7, "none", {"bits_per_symbol": 2.5})
  text = Metadata(
    TextConfig(network=TextNetworkConfig(hidden=(4,))),
    TextCodec("characters", ("a", "b", "é")),
    ancestry=(stage,),
    step=9,
    scores={"bits_per_symbol": 2.0, "symbols": 10},
  )
  strokes = StrokeCodec(
    Alphabet(("a", "b")), Normalization([0.0, 1.0], [1.0, 2.0]), 9.0
  )
  handwriting = Metadata(
    HandwritingConfig(network=NetworkConfig(hidden=(4, 4))), strokes
  )
  reading = Metadata(
    ReadingConfig(network=ReadingNetworkConfig(hidden=(4, 4))), strokes
  )
  every = (text, handwriting, reading)
  return tuple(json.loads(json.dumps(to_json(m))) for m in every)


def _signed(value: Any) -> bytes:
  """Metadata as a checkpoint's file holds them, their checksum right."""
  from graves_jax.checkpoints.checksums import signed

  if isinstance(value, dict):
    value = {"checksums": {"params": {}}} | json.loads(json.dumps(value))
    value = signed(value)
  return json.dumps(value).encode()
