"""Small English phrases in which every letter has its turn."""

from collections.abc import Iterator

import numpy as np


def _list(words: str) -> tuple[str, ...]:
  return tuple(words.split())


_DETERMINERS = _list("the a my her his our their this that some every one no")
_ADJECTIVES = _list(
  "quick brown lazy old new small great good long little own big high young "
  "last early quiet heavy exact frozen happy kind dark warm cold soft blue "
  "green red white black vivid odd extra equal just major junior crazy quaint "
  "sixth jolly next dizzy well-read half-mixed"
)
_NOUNS = _list(
  "fox dog box jazz time year people way day man thing woman life child world "
  "school state family student group country problem hand part place week case "
  "company system program question work number night point home water room "
  "mother area money story fact month lot right book eye job word business "
  "issue side house service friend father power hour game line end member law "
  "car city name team minute idea body back face door health art war history "
  "party river bridge garden jacket queen king zebra knife view voice wizard "
  "puzzle quiz prize size axe exam jar jug jewel juice pizza zoo maze hymn"
)
_VERBS = _list(
  "is was has had said made went took came saw knew got gave found told asked "
  "left kept began ran held brought wrote sat stood lost paid met led read "
  "spent grew won bought sent built fell cut jumps joins fixed mixed seized "
  "acquired enjoyed quoted relaxed exists gazed wove moved loved drove gave"
)
_PREPOSITIONS = _list(
  "of in to for with on at from by about as into like through after over "
  "between out against during without before under around among"
)
_NAMES = _list(
  "Anna Ben Clara David Emma Frank Grace Henry Iris Jack Kate Leo Mary Nora "
  "Oscar Paul Quinn Rosa Sam Tom Una Vera Will Xavier York Zoe "
  "America Berlin China Dublin Egypt France Greece Hull India Japan Kenya "
  "London Malta Norway Oxford Paris Quebec Rome Spain Turkey Utah Vienna Wales "
  "Xena Yale Zurich Monday Friday April June I"
)
_CLAUSE = (_ADJECTIVES, _NOUNS, _VERBS, _PREPOSITIONS, _DETERMINERS, _NOUNS)
_EVERY_WORD = sorted(
  {w for words in (*_CLAUSE, _NAMES) for w in words}, key=lambda w: (len(w), w)
)


def phrase(random: np.random.Generator, shortest: int, longest: int) -> str:
  """A part of a sentence of `shortest` to `longest` characters."""
  length = int(random.integers(shortest, longest + 1))
  text = ""
  for word in _words(random):
    longer = f"{text} {word}" if text else word
    if len(longer) > length:
      break
    text = longer
  while len(text) < shortest:  # nothing fitted: fill up with a word that does
    space = 1 if text else 0
    room = length - len(text) - space
    if room < 1:
      return text + "."
    short = [word for word in _EVERY_WORD if len(word) <= room]
    text += " " * space + short[int(random.integers(len(short)))]
  return text


def _words(random: np.random.Generator) -> Iterator[str]:
  """An endless text, from anywhere in a sentence on: `place` is of its next
  word."""
  place = int(random.integers(len(_CLAUSE) + 1))
  start = place == 0
  while True:
    dice, pick, which, number = random.random(4)
    if place == 0:
      named = dice < 0.4
      words = _NAMES if named else _DETERMINERS
      word = words[int(pick * len(words))]
      word = word[0].upper() + word[1:] if start else word
      owner = named and which < 0.3 and word != "I"
      word += "'s" if owner else ""
      place = 3 if named and not owner else 1 + int(which < 0.5)
    else:
      words = _CLAUSE[place - 1]
      word = words[int(pick * len(words))]
      place += 1
    ended = place > len(_CLAUSE)
    if ended and dice < 0.3:
      yield word
      word = _number(number)
    if ended:
      start, place = which < 0.7, 0
      word += ".!?.."[int(which / 0.7 * 5)] if start else ",;:,"[int(pick * 4)]
    elif dice < 0.02:
      word = f'"{word}"'
    elif dice < 0.04:
      word = f"({word})"
    yield word


def _number(uniform: float) -> str:
  """A number, a year, an hour or a date, all digits alike."""
  kind, rest = divmod(int(uniform * 40_000), 10_000)
  return (
    f"{rest % 1000}",
    f"{rest:04}",
    f"{rest % 24}:{rest // 24 % 60:02}",
    f"{rest % 28 + 1}/{rest // 28 % 12 + 1}",
  )[kind]
