"""The page that shows a network's units, in a real browser."""

import numpy as np
import pytest
from browser import chromium, wait_for

from graves_jax.rendering.inside_page import (
  ShownLine,
  ShownText,
  ShownUnits,
  write_inside_page,
)

TEXT = '<b>"x" & </script>\n\tif (a < 1)\x0c</b>\u202e\n' * 4
VISIBLE = {" ": "␣", "\n": "⏎", "\t": "⇥", "\x0c": "␌", "\u202e": "U+202E"}
STEPS, LAYERS = len(TEXT), (3, 2)
RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def browser():
  with chromium() as started:
    yield started


@pytest.fixture
def opened(browser, tmp_path):
  """Opens a page as wide as asked; what it complains of is in `troubles`."""
  contexts, troubles = [], []

  def open_page(units, shown, width=1280):
    path = tmp_path / "inside.html"
    size = write_inside_page(
      path, units, shown, title="Inside <i>", about="a & b", notice="c < d"
    )
    assert size == path.stat().st_size
    contexts.append(
      browser.new_context(viewport={"width": width, "height": 800})
    )
    page = contexts[-1].new_page()
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
      "request",
      lambda request: (
        request.url == path.as_uri() or troubles.append(request.url)
      ),
    )
    page.goto(path.as_uri())
    wait_for(page, "byId('unit').value !== ''")
    return page

  yield open_page
  for context in contexts:
    context.close()
  assert troubles == []


def make_units(steps=STEPS):
  """Unit 5 follows property "is even" best, the other way round."""
  r = RANDOM.uniform(-0.5, 0.5, (2, 5))
  r[0, 4] = -0.9
  constant = np.full((1, 5), np.nan)
  return ShownUnits(
    layers=LAYERS,
    activations=RANDOM.uniform(-1, 1, (steps, 5)),
    names=("is even", "<b>", "never changes"),
    values=np.stack([*[np.arange(steps) % 2 == 0] * 2, np.ones(steps)], axis=1),
    r=np.concatenate([r, constant]),
    gate_kinds=("input", "forget", "output"),
    gates_open=np.full((3, 5), 0.25),
    gates_shut=np.full((3, 5), 0.5),
    memory=np.array([1, 2, 3, 4, 1234.5]),
  )


def make_text():
  symbols = sorted(set(TEXT))
  classes = np.array([symbols.index(c) for c in TEXT])
  guesses = np.stack([(classes + k) % len(symbols) for k in range(5)], axis=1)
  shares = np.tile([0.5, 0.2, 0.1, 0.05, 0.01], (STEPS, 1))
  bits = RANDOM.random(STEPS)
  return ShownText("characters", symbols, classes, guesses, shares, bits)


def shades(page, of="(s.querySelector('b') ?? s).style.backgroundColor"):
  """How strongly each symbol or line is colored, -1 to 1, by its sign."""
  colors = page.evaluate(
    f"[...document.querySelectorAll('[data-step]')].map(s => {of})"
  )
  strengths = []
  for color in colors:
    sign = -1 if "--minus" in color else 1
    strengths.append(sign * float(color.split(") ")[1].split("%")[0]) / 100)
  return np.array(strengths)


def test_units_are_gone_through_by_keys_and_shown_in_colors(opened):
  units = make_units()
  page = opened(units, make_text())
  order = np.argsort(-abs(units.r[0]))
  assert order[0] == 4 and page.inner_text("#unit") == "layer 2 · 2"
  assert "is even −0.90" in page.inner_text("#follows")
  assert "remembers 1,235 steps" in page.inner_text("#own")
  np.testing.assert_allclose(shades(page), units.activations[:, 4], atol=0.01)
  for key, rank in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1)):
    page.keyboard.press(key)
    wait_for(page, f"byId('slider').value === '{rank}' && !drawing")
    own = units.activations[:, order[rank]]
    np.testing.assert_allclose(shades(page), own, atol=0.01)
  page.select_option("#order", "")
  page.fill("#slider", "3")
  wait_for(page, "byId('unit').value === 'layer 2 · 1' && !drawing")
  page.click("#properties > button:nth-of-type(2)")
  wait_for(page, "property === 1 && !drawing")
  best = int(np.argmax(abs(units.r[1])))
  assert page.evaluate("order[rank]") == best
  assert "never changes: too seldom here" in page.inner_text("#properties")
  assert page.evaluate("valuesOf(2)[0]") == 255  # it holds all through
  rows = page.inner_text("#gates tbody").split()
  assert rows[:8] == ["layer", "1", *["25", "%", "50", "%"], "25", "%"]


def test_a_text_full_of_markup_is_text_and_has_its_guesses(opened):
  text = make_text()
  page = opened(make_units(), text, width=360)
  shown = page.evaluate("document.querySelector('#shown').textContent")
  written = {c: VISIBLE[c] for c in VISIBLE if c not in " \t"}
  assert shown == "".join(written.get(c, c) for c in TEXT)
  assert page.inner_text("h1") == "Inside <i>"
  assert page.query_selector("#shown script, #properties b") is None
  page.check("#guesses")
  wait_for(page, "document.querySelectorAll('.s > i').length >= 5")
  columns = page.evaluate(
    "[...document.querySelectorAll('.s')].map(s => [...s.querySelectorAll('i')]"
    ".map(i => i.textContent))"
  )
  first = [text.symbols[k] for k in text.guesses[0]]
  assert columns[0] == [VISIBLE.get(c, c) for c in first]
  came = page.evaluate(
    "[...document.querySelectorAll('.s')].map(s => [...s.querySelectorAll('i')]"
    ".map(i => getComputedStyle(i).textDecorationLine === 'underline'))"
  )
  seen = [k for k, column in enumerate(came[:-1]) if column]
  expected = text.guesses[seen] == text.classes[np.array(seen) + 1, None]
  assert [came[k] for k in seen] == expected.tolist() and expected.any()
  page.hover(".s[data-step='1']")
  told = page.inner_text("#here")
  assert told.startswith(f"2: b cost {text.bits[1]:.2f} bits; next: b 50 %")
  before = shades(page)
  page.uncheck("#guesses")
  wait_for(page, "!drawing && !document.querySelector('.s > i')")
  np.testing.assert_array_equal(shades(page), before)
  wide = page.evaluate("document.documentElement.scrollWidth")
  assert wide == 360


def test_written_lines_are_colored_where_the_pen_was(opened):
  points = RANDOM.normal((8, 0, 0), (3, 9, 0), (30, 3))
  points[[9, 29], 2] = 1
  lines = [
    ShownLine("a<", points[:20], np.repeat([0, 1], 10)),
    ShownLine("", points[20:], None),
  ]
  units = make_units(30)._replace(gate_kinds=())
  page = opened(units, lines)
  strokes = shades(page, "s.style.stroke")
  np.testing.assert_allclose(strokes, units.activations[:, 4], atol=0.01)
  assert not page.is_visible("#gates") and not page.is_visible("#guessing")
  page.dispatch_event("#shown path:nth-of-type(12)", "click")
  assert "point 12, written while it read <" in page.inner_text("#here")
