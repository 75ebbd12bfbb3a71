"""What is said of words that were not read as they were written."""

import numpy as np

from graves_jax.commands.ranking import name_misread
from graves_jax.data.strokes import Line
from graves_jax.rendering.sheet import Sheet
from graves_jax.sampling.attempts import Written

INK = np.float32([[3, 0, 0], [0, 4, 1]])


def written(text, read):
  return Written(Line(INK, text, "0"), True, read=read)


def test_misread_words_are_named_by_the_line_in_which_they_stand():
  lines = [
    written("the fox", "the fox"),
    Written(Line(INK[:0], "", "blank"), True),
    written("saw a red fox", "sow a red fax"),
    written("the fox", "the the fox"),
  ]
  sheets = [
    Sheet(9, 9, [], texts=("the", "", "fox saw a")),
    Sheet(9, 9, [], texts=("red fox the fox",)),
  ]
  said = name_misread(lines, sheets, 4)
  named = "'saw' in line 2 of sheet 1; 'fox' in line 1 of sheet 2; an extra"
  assert f"not read as written: {named} 'the' in line 1 of sheet 2. Try" in said
  alone = name_misread(lines[2:3], [Sheet(9, 9, [], texts=("saw a",) * 2)], 4)
  assert ": 'saw' in line 1; 'fox' in line 2. Try" in alone
  assert name_misread(lines[:2], sheets, 4) == ""


def test_a_word_that_stands_twice_is_named_where_it_was_misread():
  line = written("the fox saw the dog", "the fox saw tho dog")
  sheets = [Sheet(9, 9, [], texts=("the fox", "saw the dog"))]
  assert ": 'the' in line 2. Try" in name_misread([line], sheets, 4)
  again = written("the fox saw the dog", "the fox saw the the dog")
  said = name_misread([again], sheets, 4)
  assert ": an extra 'the' in line 2. Try" in said
