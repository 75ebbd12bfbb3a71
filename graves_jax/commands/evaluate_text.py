"""Scores text for graves-jax evaluate, with fixed or learning weights."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
from rich.console import Console

from graves_jax.checkpoints.read import Restored
from graves_jax.commands.dynamic_scoring import name_numbers, numbers
from graves_jax.commands.text_scorer import TextScorer
from graves_jax.config import TextDataConfig
from graves_jax.data.codec import TextCodec
from graves_jax.data.corpus import count_text
from graves_jax.data.sources import penn_treebank
from graves_jax.data.sources.text import (
  TextSplit,
)
from graves_jax.fast.kernels.library import Kernels
from graves_jax.losses.sums import Sums
from graves_jax.losses.text import perplexity, text_scores


def score_text(
  arguments: Any,
  restored: Restored,
  devices: Sequence[jax.Device],
  console: Console,
  kernels: Kernels | None,
) -> dict[str, Any]:
  """What graves-jax evaluate prints of a text network."""
  scorer = TextScorer(arguments, restored, devices, console, kernels)
  path = scorer.path
  figures: dict[str, Any] = {"dynamic": False}
  weights = "the weights are fixed"
  if arguments.dynamic:
    symbols = (arguments.tune_symbols or 20_000) if arguments.tune else None
    sums, config = scorer.score_dynamically(arguments.dynamics, symbols)
    figures = {"dynamic": True, "tuned": arguments.tune} | numbers(config)
    segment = f"segment of {config.length} symbols"
    if scorer.reads_sentences:
      segment, figures["length"] = "batch of sentences", None
    weights = (
      f"the weights learn from each {segment} once it is scored "
      f"({name_numbers(config)})"
    )
  else:
    sums = scorer.score()
  split = arguments.split or ("validation" if path is None else Path(path).name)
  if arguments.tune and split == "validation":
    scorer.say(
      "The numbers were chosen on the start of this very split; for a fair "
      "score give another --split, such as test."
    )
  seed = arguments.draw_weights
  drawn = "" if seed is None else f", drawn by the seed {seed}"
  scores = text_figures(sums, scorer.text, scorer.codec, scorer.data)
  scorer.say(
    f"{split}: {scores['symbols']:,} symbols ({scores['convention']}) in "
    f"{scorer.name_sequences(sums)}; {weights}{drawn}."
  )
  state = {
    "sequences": scorer.data.sequences,
    "sentences": round(sums.sequences) if scorer.reads_sentences else None,
    "streams": None if scorer.reads_sentences else scorer.streams,
    "reset_symbols": scorer.reset_symbols,
  }
  return {"split": split} | state | scores | figures


def text_figures(
  sums: Sums, text: TextSplit, codec: TextCodec, data: TextDataConfig
) -> dict[str, Any]:
  """Scores in the units of Tables 1 and 2."""
  scores = text_scores(sums)
  convention, characters, words = count(text, codec, data)
  return {
    "convention": convention,
    "symbols": scores.symbols,
    "characters": characters,
    "total_bits": scores.total_bits,
    "bits_per_symbol": scores.bits_per_symbol,
    "bits_per_character": scores.total_bits / characters,
    "nats_per_symbol": scores.nats_per_symbol,
    "words": words,
    "perplexity": perplexity(scores.total_bits, words),
    "error_percent": scores.error_percent,
  }


def count(
  text: TextSplit, codec: TextCodec, data: TextDataConfig
) -> tuple[str, int, int | None]:
  """The convention of a text's symbols, and its characters and words.

  Words are counted with the ends of lines. Characters are those of the decoded
  text, but for the words of Penn Treebank, which its convention spells; and a
  byte is one where it is so in the paper (enwik8) or the text is no UTF-8.
  """
  if data.source == "penn_treebank" and codec.units == "words":
    characters = penn_treebank.count_characters(
      text.classes, codec, data.convention
    )
    return f"words, characters {data.convention}", characters, text.words
  if codec.units == "characters" and text.words is not None:
    return text.convention, len(text.classes), text.words
  counts = count_text(text.classes, codec)
  words = counts.words if text.words is None else text.words
  by_byte = data.source == "enwik8" or counts.undecoded
  if codec.units == "bytes" and by_byte:
    return text.convention, len(text.classes), words
  return text.convention, counts.characters, words
