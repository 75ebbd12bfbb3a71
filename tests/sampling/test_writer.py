"""Laws of sampling handwriting."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from experiments import CONFIG, TRAIN, make_experiment

from graves_jax.checkpoints.read import Restored
from graves_jax.checkpoints.readers import load_reader
from graves_jax.checkpoints.writers import load_writer
from graves_jax.config import NetworkConfig
from graves_jax.data.strokes import Line
from graves_jax.layers.window_lstm import Text
from graves_jax.sampling import pens
from graves_jax.sampling.writer import HandwritingWriter

EXPERIMENT = make_experiment()
STYLE = TRAIN[3]


def make_writer(kappa_bias: float = -2.0):
  """A writer with random weights whose window moves by exp(kappa_bias)."""
  params = jax.device_get(EXPERIMENT.initial_state().params)
  window = params["params"]["window"]
  bias = window.bias.copy()
  bias[-2:] = kappa_bias
  params["params"]["window"] = window._replace(bias=bias)
  restored = Restored(params, EXPERIMENT.task.metadata)
  return HandwritingWriter.from_checkpoint(restored)


WRITER = make_writer()


def points(written):
  return [line.points for line, *_ in written]


def assert_same(one, other, **tolerance):
  for a, b in zip(one, other, strict=True):
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, **tolerance)


def test_the_same_seed_writes_the_same_strokes_and_another_does_not():
  one = points(WRITER.write(["abc", "a b"], seed=1))
  assert_same(one, points(WRITER.write(["abc", "a b"], seed=1)), rtol=0)
  other = points(WRITER.write(["abc", "a b"], seed=2))
  assert not np.array_equal(one[0][:4], other[0][:4])


def test_a_line_does_not_depend_on_its_batch():
  texts = ["abc", "abca", "a", "ca", "b"]  # and a row of padding
  many = points(WRITER.write(texts, seed=1))
  alone = points(WRITER.write(["abc"], seed=1))
  assert_same(many[:1], alone, rtol=1e-4, atol=1e-2)


def test_every_line_ends_its_last_stroke():
  for line, is_finished, *_ in WRITER.write(["abc", "a"] * 3):
    assert is_finished
    assert line.points[-1, 2] == 1
    assert np.isfinite(line.points).all()


def stop_step(writer, line):
  """When the stop rule fires, found step by step with the network alone."""
  classes = writer.alphabet.encode(line.text)[None]
  text = Text(classes, jnp.ones(classes.shape))
  state = writer.network.initial_state(1)
  element = jnp.zeros((1, 3))
  pen = writer.normalization.normalize(line.points)
  for t in range(len(pen) + 1):
    state, (_, phi) = writer.network.apply(
      writer.params, state, element, text, method="step"
    )
    if t > 0 and phi[0, -1] > phi[0, :-1].max():
      return t
    if t < len(pen):
      element = pen[t][None]
  return None


def test_lines_end_when_the_window_has_passed_the_text():
  paper = dataclasses.replace(WRITER, stop="paper")
  ((line, is_finished, *_),) = paper.write(["abc"], bias=2.0)
  assert is_finished
  # The last element's pen bit is set by the writer, and never fed back.
  assert stop_step(paper, line) == len(line.points)


def test_a_line_after_a_style_starts_where_its_first_stroke_does():
  approach = np.array([[90, 5, 0], [1, 0, 1], [7, 2, 1], [3, 3, 0], [4, 4, 1]])
  kept = pens.without_approach(approach)
  # (90, 5) led to a stroke of two points, whose second point is (1, 0).
  np.testing.assert_array_equal(kept, approach[1:])
  dots = np.array([[90, 5, 1], [7, 2, 1], [3, 3, 0], [4, 4, 1]])
  np.testing.assert_array_equal(pens.without_approach(dots), dots[3:])


def test_a_rule_that_never_fires_is_bounded_and_told():
  slow = dataclasses.replace(
    make_writer(kappa_bias=-30.0), points_per_character=5
  )
  ((line, is_finished, *_),) = slow.write(["abc"], attempts=2)
  assert not is_finished
  assert len(line.points) == 3 * 5 * 3 + 100


def test_only_unfinished_lines_are_written_again():
  # At about 1/25 of a character a step, 8 characters take too many steps.
  some = dataclasses.replace(
    make_writer(kappa_bias=-3.2), points_per_character=1
  )
  texts = ["a", "abcaabca"] * 2
  once = some.write(texts, seed=3)
  again = some.write(texts, seed=3, attempts=2)
  assert [is_finished for _, is_finished, *_ in once] == [True, False] * 2
  for one, other in zip(once, again, strict=True):
    is_kept = np.array_equal(one.line.points, other.line.points)
    assert is_kept == one.is_finished


def test_priming_changes_the_hand_and_returns_only_what_is_new():
  ((plain, *_),) = WRITER.write(["abc"], seed=1)
  ((primed, *_),) = WRITER.write(["abc"], seed=1, style=STYLE)
  assert primed.text == "abc"
  assert not np.array_equal(plain.points[:4], primed.points[:4])
  start = min(len(primed.points), len(STYLE.points))
  assert not np.allclose(primed.points[:start], STYLE.points[:start])


def test_each_text_may_have_its_own_style():
  styles = [STYLE, TRAIN[5]]
  both = WRITER.write(["ab", "ca"], seed=1, style=styles)
  for row, style in enumerate(styles):
    alone = WRITER.write(["ab", "ca"], seed=1, style=style)
    assert both[row].style is style
    assert_same(points(both)[row:][:1], points(alone)[row:][:1], atol=1e-2)
  for write in (
    functools.partial(WRITER.write, style=styles),
    functools.partial(WRITER.write_with_pens, styles=styles, pens=1),
  ):
    with pytest.raises(ValueError, match="2 styles are given for 1 texts"):
      write(["ab"])


def test_names_of_hands_and_broken_seeds_are_refused():
  with pytest.raises(ValueError, match=r"load_hands\(\)"):
    WRITER.write(["ab"], style="neat")
  with pytest.raises(ValueError, match="whole number"):
    WRITER.write(["ab"], seed=1.5)


def test_wrapped_text_keeps_one_hand():
  written = WRITER.write_wrapped("abc abc ab\nca", width=5, seed=4)
  assert [line.text for line, *_ in written] == ["abc", "abc", "ab", "ca"]
  ((first, *_),) = WRITER.write(["abc"], seed=4)
  np.testing.assert_allclose(written[0].line.points, first.points, atol=1e-4)
  rest = WRITER.write(["abc", "ab", "ca"], seed=4, style=first)
  assert_same(points(written[1:]), points(rest), atol=1e-4)


def test_the_longest_of_the_finished_lines_is_the_style_of_the_others():
  written = WRITER.write_wrapped("ab\n\nabc ab\n\n\nabca", width=9, seed=4)
  texts = [line.text for line, *_ in written]
  assert texts == ["ab", "", "abc ab", "", "", "abca"]
  assert [line.name for line, *_ in written] == [*map(str, range(6))]
  first, blank, longest, *_, last = written
  assert blank.line.points.shape == (0, 3)
  assert longest.style is None
  for line in (first, last):
    np.testing.assert_array_equal(line.style.points, longest.line.points)
  rest = WRITER.write(["ab", "abca"], seed=4, style=longest.line)
  assert_same(points([first, last]), points(rest), rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 4])
def test_the_letter_of_the_cases_is_written_to_its_end(case, seed):
  text = case("letter.txt").read_text("utf-8")
  written = load_writer().write_wrapped(text, seed=seed, bias=1.0, attempts=3)
  assert all(each.is_finished for each in written)
  inked = [each for each in written if each.line.text]
  (style,) = [each for each in inked if each.style is None]
  assert len(style.line.text) > 40  # not the salutation
  others = [each for each in inked if each is not style]
  assert all(each.style.points is style.line.points for each in others)
  judged = load_reader().judge([each.line for each in inked])
  edits = sum(each.edits for each in judged)
  assert edits < 0.05 * len(text)
  ends = [each.read[-1] for each in judged]
  assert ends == [each.line.text[-1] for each in inked]


def test_a_long_line_that_never_ended_is_nobodys_style():
  # At about 1/25 of a character a step, 8 characters take too many steps.
  some = dataclasses.replace(
    make_writer(kappa_bias=-3.2), points_per_character=1
  )
  written = some.write_wrapped("a\nab\nabcaabca", seed=3)
  assert [each.is_finished for each in written] == [True, True, False]
  assert written[1].style is None
  longest = written[1].line.points
  assert written[0].style.points is written[2].style.points is longest


def test_the_trace_of_a_line_has_a_row_an_element():
  phi, mixtures = WRITER.trace_window(STYLE), WRITER.trace_densities(STYLE)
  assert phi.shape == (len(STYLE.points), len(STYLE.text))
  assert (phi >= 0).all()
  np.testing.assert_allclose(mixtures.weights.sum(-1), 1, rtol=1e-5)
  assert len(mixtures.means) == len(STYLE.points)


@pytest.mark.parametrize(
  ("texts", "options", "message"),
  [
    ([""], {}, "no text"),
    (["   "], {}, "no text"),
    ([], {}, "no text"),
    (["abc"], {"bias": -1.0}, r"bias \(=-1.0\)"),
    (["abc"], {"bias": float("nan")}, "bias"),
    (["abc"], {"attempts": 0}, "attempts"),
    (["axc"], {}, "'x'"),
  ],
)
def test_what_cannot_be_written_is_refused(texts, options, message):
  with pytest.raises(ValueError, match=message):
    WRITER.write(texts, **options)


def test_a_text_of_10000_characters_is_refused():
  with pytest.raises(ValueError, match="10,000"):
    WRITER.write_wrapped("a" * 10_000)


def test_a_prediction_network_scribbles_and_refuses_text():
  network = NetworkConfig(kind="prediction", hidden=(8,), mixtures=2)
  experiment = make_experiment(dataclasses.replace(CONFIG, network=network))
  params = experiment.initial_state().params
  restored = Restored(params, experiment.task.metadata)
  writer = HandwritingWriter.from_checkpoint(restored)
  lines = writer.scribble(50, lines=3, seed=1)
  assert [len(line.points) for line in lines] == [50] * 3
  assert not np.array_equal(lines[0].points, lines[1].points)
  for refused in ({"bias": -1.0}, {"bias": float("nan")}, {"seed": -1}):
    with pytest.raises(ValueError, match=next(iter(refused))):
      writer.scribble(50, **refused)
  with pytest.raises(ValueError, match="prediction network"):
    writer.write(["abc"])
  with pytest.raises(ValueError, match="writes given text"):
    WRITER.scribble(50)


def test_white_space_of_any_length_is_one_space():
  plain = points(WRITER.write("ab ca", seed=1))
  assert_same(points(WRITER.write("  ab \t ca ", seed=1)), plain, rtol=0)


def test_a_line_of_which_no_ink_is_left_is_not_finished(monkeypatch):
  nothing = np.zeros((0, 3), np.float32)
  monkeypatch.setattr(pens, "without_approach", lambda _: nothing)
  (written,) = make_writer().write("abc", style=STYLE)
  assert len(written.line.points) == 0
  assert not written.is_finished


def test_the_trace_after_a_style_is_that_of_both_in_one():
  line = Line(STYLE.points[:11], "abc", "new")
  both = Line(
    np.concatenate([STYLE.points, line.points]),
    STYLE.text.rstrip() + " abc",
    "both",
  )
  phi = WRITER.trace_window(line, STYLE)
  assert phi.shape == (11, 3)
  np.testing.assert_allclose(
    phi, WRITER.trace_window(both)[-11:, -3:], rtol=1e-5
  )


def test_lines_that_ran_away_are_nobodys_style():
  slow = dataclasses.replace(
    make_writer(kappa_bias=-30.0), points_per_character=1
  )
  written = slow.write_wrapped("abc ca", width=3, seed=4)
  assert not written[0].is_finished
  assert_same(points(written), points(slow.write(["abc", "ca"], seed=4)))
