"""Tables 1 and 2 of the paper: Penn Treebank and Wikipedia."""

from collections.abc import Callable
from pathlib import Path

from graves_jax.results.paper import (
  NOISES,
  Row,
  Table,
  decimals,
  noise_of,
  recorded,
)
from graves_jax.results.record import Record

_TABLE_1 = (
  ("characters", "none", ("1.32", "167", "28.5"), ("1.29", "148", "28.0")),
  ("characters", "fixed", ("1.27", "140", "27.4"), ("1.24", "124", "26.9")),
  ("characters", "adaptive", ("1.26", "133", "27.4"), ("1.24", "122", "26.9")),
  ("words", "none", ("1.27", "138", "77.8"), ("1.25", "126", "76.9")),
  ("words", "fixed", ("1.25", "126", "76.9"), ("1.23", "117", "76.2")),
)
_CONFIGS = {"characters": "ptb_char", "words": "ptb_word"}
_FROM = {"fixed": "", "adaptive": "_fixed"}  # endings of the stage before


def _train(units: str, noise: str) -> tuple[str, str]:
  """The command that trains a network of Table 1, and its folder."""
  config = _CONFIGS[units]
  command = f"graves-jax train {config} --data.path ptb"
  if noise == "none":
    return command, f"runs/{config}"
  workdir = f"runs/{config}_{noise}"
  stages = f"--init-from runs/{config}{_FROM[noise]} --noise.kind {noise}"
  return f"{command} --workdir {workdir} {stages}", workdir


def _score(workdir: str, is_dynamic: bool) -> str:
  """The command that scores a run and records it."""
  name = Path(workdir).name + "_dynamic" * is_dynamic
  learning = " --dynamic --tune" * is_dynamic
  return f"graves-jax evaluate {recorded(workdir, name)}{learning}"


def _rows_of_table_1() -> tuple[Row, ...]:
  rows = []
  for units, noise, static, dynamic in _TABLE_1:
    train, workdir = _train(units, noise)
    for how, figures in (("no", static), ("yes", dynamic)):
      is_dynamic = how == "yes"
      score = _score(workdir, is_dynamic) + " --split test --batch-size 1"
      rows.append(
        Row(
          network=(units, NOISES[noise], how),
          figures=figures,
          matches=_of_penn_treebank(units, noise, is_dynamic),
          command=f"{train} && {score}",
          takes="time not measured",
        )
      )
  return tuple(rows)


def is_of_paper(record: Record, source: str, hidden: tuple[int, ...]) -> bool:
  """Whether a record is of a network of the paper's shape, its own weights, not
  drawn ones, and trained on that corpus."""
  if record.kind != "text":
    return False
  network = record.config.network
  return (
    record.config.data.source == source
    and network.cell == "lstm"
    and network.hidden == hidden
    and record.figures.get("draw_weights") is None
  )


def _of_penn_treebank(
  units: str, noise: str, is_dynamic: bool
) -> Callable[[Record], bool]:
  def matches(record: Record) -> bool:
    return (
      is_of_paper(record, "penn_treebank", (1000,))
      and record.config.data.units == units
      and record.figures["split"] == "test"
      and noise_of(record) == noise
      and record.figures["dynamic"] == is_dynamic
    )

  return matches


def _figures_of_table_1(record: Record) -> tuple[str, ...]:
  figures = record.figures
  is_sentence = figures.get("sequences") == "sentence"
  read = "sentences" if is_sentence else "streams"
  return (
    f"{figures['bits_per_character']:.3f} ({figures['convention']}; {read})",
    decimals(figures["perplexity"], 0),
    f"{figures['error_percent']:.1f}",
  )


TABLE_1 = Table(
  title="Table 1: Penn Treebank, test set",
  about=(
    "Bits a character depend on what a character is. The paper's figures fit "
    "one convention only, G: words joined by spaces, `<unk>` and the end mark "
    "`</s>` spelled out, 49 symbols, 461,228 characters in the test set. The "
    "usual one today is S: a newline ends a sentence, 50 symbols, 442,423 "
    "characters; there the paper's 1.32, 1.27, 1.26 and 1.24 would be 1.376, "
    "1.328, 1.315 and 1.29. The perplexity a word, 2 to the total bits over "
    "82,430 words, is the same in both. Our rows name theirs, "
    "and whether sentences were read each by itself or in streams."
  ),
  names=("input", "regularization", "dynamic evaluation"),
  columns=("bits a character", "perplexity a word", "error in %"),
  rows=_rows_of_table_1(),
  ours=_figures_of_table_1,
)


def _of_wikipedia(split: str, is_dynamic: bool) -> Callable[[Record], bool]:
  def matches(record: Record) -> bool:
    return (
      is_of_paper(record, "enwik8", (700,) * 7)
      and record.figures["convention"] == "bytes"
      and record.figures["split"] == split
      and record.figures["dynamic"] == is_dynamic
    )

  return matches


_WIKIPEDIA = (
  "graves-jax train wikipedia --data.path enwik8 --network.precision bfloat16"
)
_RUN = "runs/wikipedia"
_ON_TRAIN = recorded(_RUN, "wikipedia_train")
_NOT_HERE = (
  "some 390 hours of two CPU cores to train, by the time of 120 updates; "
  "enwik8, 100 MB, is to be fetched first"
)

TABLE_2 = Table(
  title="Table 2: Wikipedia (enwik8)",
  about=(
    "Bits a byte of enwik8, 7 layers of 700; the last 4 million bytes are the "
    "validation set."
  ),
  names=("split", "dynamic evaluation"),
  columns=("bits a byte",),
  rows=(
    Row(
      network=("train", "no"),
      figures=("1.42",),
      matches=_of_wikipedia("train", is_dynamic=False),
      command=f"{_WIKIPEDIA} && graves-jax evaluate {_ON_TRAIN} --split train",
      takes=_NOT_HERE,
    ),
    Row(
      network=("validation", "no"),
      figures=("1.67",),
      matches=_of_wikipedia("validation", is_dynamic=False),
      command=_score(_RUN, is_dynamic=False),
      takes=_NOT_HERE,
    ),
    Row(
      network=("validation", "yes"),
      figures=("1.33",),
      matches=_of_wikipedia("validation", is_dynamic=True),
      command=_score(_RUN, is_dynamic=True),
      takes=_NOT_HERE,
    ),
  ),
  ours=lambda record: (f"{record.figures['bits_per_symbol']:.3f}",),
)
