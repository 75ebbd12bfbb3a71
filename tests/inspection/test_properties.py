"""What units may follow, of texts and of written lines."""

import numpy as np
import pytest

from graves_jax.data.strokes import Line, offsets_from_strokes
from graves_jax.inspection.handwriting_properties import (
  commonest_letters,
  letter_properties,
  pen_properties,
)
from graves_jax.inspection.text_properties import language_of, text_properties

# A text, and marks under the characters after which the property holds.
CASES = {
  ("python", "inside a comment"): ["a='#'#b", ".....^^"],
  ("python", "inside a one-line string"): [r"f('a\'b')", "..^^^^^.."],
  ("python", "inside a triple-quoted string"): ['"""a"b\n"""c', "^^^^^^^^^.."],
  ("python", "inside ( )"): ["f('(', (a)) #(", ".^^^^^^^^^...."],
  ("python", "inside { }"): ["}{a}{", ".^^.^"],
  ("c", "inside a comment"): ["a/*b\n*/c//d\ne", ".^^^^^^.^^^.."],
  ("c", "inside a string"): ['"/*";', "^^^.."],
  ("latex", "inside a formula"): [
    r"\$5 $$x+y$$ a $\$x$ b \\$x$ \\\$5",
    "....^^^^^^....^^^^......^^.......",
  ],
  ("latex", "inside a comment"): [
    "5\\% of%me\na\\\\%b\n",
    "......^^^....^^.",
  ],
  ("prose", "inside quotes"): ['"ah" said', "^^^......"],
  ("prose", "inside a URL"): ["see http://a.b/c now", "....^^^^^^^^^^^^...."],
  ("prose", "inside the indentation"): ["  a b\n c", "^^...^^."],
  ("prose", "after a full stop"): ["a. B c", ".^^..."],
  ("prose", "capital letter"): ["aBc", ".^."],
}


@pytest.mark.parametrize("language, name", CASES)
def test_a_property_holds_where_it_should(language, name):
  text, marks = CASES[language, name]
  values = text_properties(text, "characters", language)[name]
  assert "".join(".^"[int(v)] for v in values) == marks


def test_a_quotation_ends_with_its_paragraph():
  text = '"one\ntwo\n\nthree'
  inside = text_properties(text, "characters", "prose")["inside quotes"]
  assert inside.tolist() == [1] * 8 + [0] * 7


def test_counts():
  found = text_properties("  ab_1 (\n[c", "characters", "python")
  counts = {
    "line length so far": [1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2],
    "indentation": [1, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0],
    "word length so far": [0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 1],
    "depth of brackets": [0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2],
  }
  for name, expected in counts.items():
    assert found[name].tolist() == expected, name
  share = found["share of the line read"]
  np.testing.assert_allclose(share[[0, 7, 10]], [1 / 9, 8 / 9, 2 / 3])


def test_words_have_what_is_known_after_their_last_letter():
  words = ["He", '"said"', "</s>", "(no"]
  found = text_properties(words, "words", "prose")
  assert found["line length so far"].tolist() == [2, 9, 0, 3]
  assert found["inside ( )"].tolist() == [0, 0, 0, 1]
  assert found["capital letter"].tolist() == [1, 0, 0, 0]


def test_bytes_of_other_characters_are_no_letters():
  text = "a\u00c9".encode().decode("latin-1")  # the second of 3 bytes is "\xC3"
  found = text_properties(text, "bytes", "prose")
  assert found["capital letter"].tolist() == [0, 0, 0]
  assert found["word length so far"].tolist() == [1, 0, 0]


def test_the_ending_of_a_name_tells_the_language():
  names = ["a.py", "b.C.gz", "src/*.[ch]", "paper.tex", "c.txt", "README"]
  expected = ["python", "c", "c", "latex", "prose", "prose"]
  assert [language_of(name) for name in names] == expected


def test_height_is_over_the_baseline_whatever_the_slant_of_the_line():
  """Arches that stand on a line that rises, and one tail below it."""
  x = np.arange(0, 60.0)
  arches = 10 * np.abs(np.sin(x * np.pi / 10))
  height = np.where((x > 40) & (x < 50), -arches, arches)
  stroke = np.column_stack([x * 3, -height - 0.3 * x])  # y grows downwards
  line = Line(offsets_from_strokes([stroke[:30], stroke[30:]]), "ab", "")
  found = pen_properties(line)
  over = found["height over the baseline"]
  assert np.corrcoef(over, height[1:])[0, 1] > 0.99
  assert abs(over[abs(height[1:]) < 1e-9]).max() < 0.15
  assert np.flatnonzero(found["pen leaves the paper"]).tolist() == [28, 58]
  assert found["share of the line written"][[0, -1]].tolist() == [0, 1]


def test_shares_of_letters_and_words_go_from_their_start_to_their_end():
  line = Line(np.zeros((8, 3), np.float32), "ab c", "")
  places = np.array([0, 0, 1, 1, 1, 1, 3, 3])
  found = letter_properties(line, places, ["b"])
  share = found["share of the letter written"]
  np.testing.assert_allclose(share, [0.5, 1, 0.25, 0.5, 0.75, 1, 0.5, 1])
  share = found["share of the word written"]
  np.testing.assert_allclose(share, [*np.arange(1, 7) / 6, 0.5, 1])
  assert found["writes b"].tolist() == [0, 0, 1, 1, 1, 1, 0, 0]
  assert commonest_letters(["ab c", "bb,,,"], 2) == ["b", "a"]
