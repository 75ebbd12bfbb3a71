"""The page that writes, in a real browser, beside Python."""

import contextlib
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from browser import chromium, wait_for
from rich.console import Console

from graves_jax.checkpoints.writers import load_writer
from graves_jax.data.sources.stroke_file import read_stroke_file
from graves_jax.data.strokes import (
  Line,
  offsets_from_strokes,
  strokes_from_offsets,
)
from graves_jax.distributions import bivariate_mixture
from graves_jax.layers.window_lstm import Text
from graves_jax.pretrained import HANDS
from graves_jax.rendering.layout import stack
from graves_jax.sampling.line_end import (
  Moment,
  advance_line_end,
  is_past_text,
  no_line_end,
)
from graves_jax.sampling.style import fit_style
from graves_jax.sampling.transcript import fit_text

TEXT = "hi there"
WRITTEN = "byId('stop').disabled && !sheet.isEmpty"
# Starts another worker, and writes one line with it.
WRITE = """async ([text, seed, bias, hand, isCompiled]) => {
  const heard = [];
  const other = startWorker((message) => {
    heard.push(message);
    other.tell("shown", 1e9);
  }, isCompiled ? wasm : null);
  await other.loaded;
  await other.ask("write", {number: 1, paragraphs: [text], seed, bias, hand,
    width: 1e9, stop: "stroke"});
  return heard.map(({kind, points, length, isFinished, attempt}) =>
    ({kind, points, length, isFinished, attempt}));
}"""
# Writes lines, never ahead of what has come to be on the sheet.
FOLLOW = """async ([paragraphs, seed]) => {
  let [sent, whole, begun] = [0, 0, 0];
  const other = startWorker(({kind, points, length}) => {
    if (kind === "line") begun = 0;
    if (kind === "ended") [whole, begun] = [whole + length, 0];
    begun += (points?.length ?? 0) / 3;
    sent += (points?.length ?? 0) / 3;
    other.tell("shown", whole + begun);
  }, wasm);
  await other.loaded;
  const written = other.ask("write", {number: 1, paragraphs, seed, bias: 0,
    hand: null, width: 1e9, stop: "stroke", mostAhead: 0});
  const late = new Promise((resolve) => { setTimeout(resolve, 3e4, "waits"); });
  const answer = await Promise.race([written, late]);
  return [answer.isStopped, sent, whole];
}"""
READ = """async ([elements, text, isCompiled]) => {
  const other = startWorker(() => {}, isCompiled ? wasm : "no SIMD");
  const loaded = await other.loaded;
  const {outputs, windows} = await other.ask("read",
    {elements: Float32Array.from(elements), text});
  return [loaded.isCompiled, [...outputs], [...windows]];
}"""
# Controls that a screen reader has no name for.
UNNAMED = """[...document.querySelectorAll("input, select, textarea, button")]
  .filter(({labels, innerText}) => !labels.length && !innerText)
  .map(({id}) => id)"""
# Writes given ink on a sheet; returns where it then lies.
STACK = """(lines) => {
  const page = makeSheet(settings.normalization, {spacing: 1.7});
  lines.forEach((strokes, n) => {
    beginLine(page, n, "");
    const points = offsetsOf(strokes);
    addElements(page, n, {points, windows: [], mixtures: []});
    endLine(page, n, points.length / 3);
  });
  const right = Math.max(...lines.map(
    (strokes) => boxOf(turn(strokes, placementOf(strokes, true))).right));
  page.options.width = right / page.unitsPerMm;
  layOut(page);
  return page.lines.map(({strokes}) => strokes.map(
    ({points, place}) => points.map((point) => place(point))));
}"""


@pytest.fixture(scope="module")
def writer():
  return load_writer()


@pytest.fixture(scope="module")
def browser():
  with chromium() as started:
    yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
  """A folder of pages, each of which is made once."""
  return tmp_path_factory.mktemp("pages")


@pytest.fixture
def opened(browser, run_command, pages):
  """Opens a page; all that it says or asks for is in `troubles`."""
  contexts, troubles = [], []

  def listen(page, path):
    def trouble(what):
      troubles.append(what)

    page.on("console", lambda message: trouble(message.text))
    page.on("pageerror", lambda error: trouble(str(error)))
    page.on(
      "request",
      lambda request: (
        request.url.startswith(("blob:", path.as_uri())) or trouble(request.url)
      ),
    )

  def open_page(weights="int8", fragment="", **options):
    path = pages / f"{weights}.html"
    if not path.exists():
      status, output, _ = run_command("page", path, "--weights", weights)
      assert status == 0 and "MB" in output
      assert weights != "int8" or path.stat().st_size < 8e6
    contexts.append(browser.new_context(**options))
    page = contexts[-1].new_page()
    listen(page, path)
    page.goto(path.as_uri() + fragment)
    wait_for(page, "!byId('write').disabled")
    return page

  yield open_page
  for context in contexts:
    context.close()
  assert troubles == []


def test_the_steps_are_shown(run_command, tmp_path, monkeypatch):
  shown = []

  def show(_, text):
    shown.append(text)
    return contextlib.nullcontext()

  monkeypatch.setattr(Console, "status", show)
  page = tmp_path / "page.html"
  status, *_ = run_command("page", page, "--checkpoint", "synthetic")
  assert status == 0 and page.exists()
  assert shown == ["Reading the weights", "Writing the page"]


def sfc32(seed, attempt, line):
  """The page's random numbers (random.js)."""
  a, b, c, counter, most = seed, attempt, line, 1, 2**32
  while True:
    total = (a + b + counter) % most
    if counter > 16:
      yield (total + 0.5) / most
    counter += 1
    a, b, c = b ^ (b >> 9), (c + (c << 3)) % most, (c << 21 | c >> 11) % most
    c = (c + total) % most


def drawn(mixture, numbers):
  """An element, as drawElement of mixture.js draws it."""
  weights = np.asarray(mixture.weights, np.float64)
  chance = next(numbers)
  chosen = min(int((chance >= weights.cumsum()).sum()), len(weights) - 1)
  radius = np.sqrt(-2 * np.log(next(numbers)))
  angle = 2 * np.pi * next(numbers)
  rho = float(mixture.correlations[chosen])
  first, second = radius * np.cos(angle), radius * np.sin(angle)
  second = rho * first + np.sqrt(1 - rho**2) * second
  mean, deviation = mixture.means[chosen], mixture.stddevs[chosen]
  offset = mean + deviation * np.array([first, second])
  return [*offset, float(next(numbers) < float(mixture.end_of_stroke))]


def write_in_python(writer, text, seed, bias, hand=None):
  """The line that the page writes, by the library's step and stop rule."""
  scale = writer.normalization
  prime = np.zeros((0, 3)) if hand is None else scale.normalize(hand.points)
  whole = text if hand is None else f"{hand.text} {text}"
  classes = jnp.asarray(writer.alphabet.encode(whole)[None])
  given = Text(classes, jnp.ones(classes.shape))
  lengths = jnp.array([len(whole)])

  @jax.jit
  def advance(params, state, last):
    state, (raw, phi) = writer.network.apply(
      params, state, last, given, method="step"
    )
    is_past = is_past_text(phi, state.first.kappa, lengths)
    y = bivariate_mixture.parameters(
      raw[0], sigma_floor=writer.sigma_floor, bias=bias
    )
    return state, y, is_past

  advance_end = jax.jit(advance_line_end)
  state, end = writer.network.initial_state(1), no_line_end(1)
  numbers, points = sfc32(seed, 0, 0), []
  rest = -scale.mean[0] / scale.std[0]
  while True:
    t = len(points)
    last = np.float32([points[-1] if points else np.zeros(3)])
    state, y, is_past = advance(writer.params, state, last)
    element = prime[t] if t < len(prime) else drawn(y, numbers)
    moment = Moment(
      t=jnp.array(t),
      is_past=is_past,
      is_new=jnp.array([t > len(prime)]),
      has_lifted=jnp.array(last[:, 2] > 0.5),
      move=jnp.array([element[0] - rest]),
    )
    end, ends, ended = advance_end(end, moment)
    if ends[0]:
      new = np.array(points[len(prime) : int(ended[0])])
      return scale.denormalize(new)
    points.append(element)


def test_the_steps_and_the_lines_are_those_of_python(writer, opened):
  page = opened("float32")
  random = np.random.default_rng(0)
  elements = 0.7 * random.normal(size=(200, 3))
  elements[:, 2] = random.random(200) < 0.05
  classes = jnp.asarray(writer.alphabet.encode(TEXT)[None])
  text = Text(classes, jnp.ones(classes.shape))

  @jax.jit
  def read(params, elements):
    def step(state, element):
      state, (raw, phi) = writer.network.apply(
        params, state, element[None], text, method="step"
      )
      return state, (raw[0], phi[0])

    return jax.lax.scan(step, writer.network.initial_state(1), elements)[1]

  before = np.concatenate([np.zeros((1, 3)), elements[:-1]])
  raw, phi = read(writer.params, before.astype(np.float32))
  for is_compiled in (True, False):
    given = elements.ravel().tolist(), TEXT, is_compiled
    was_compiled, outputs, windows = page.evaluate(READ, given)
    assert was_compiled == is_compiled
    np.testing.assert_allclose(outputs, np.ravel(raw), atol=1e-4)
    np.testing.assert_allclose(windows, np.ravel(phi), atol=1e-4)

  hand = read_stroke_file(HANDS)["train"][0]
  ends = np.flatnonzero(hand.points[:, 2])  # A word or two are enough.
  points = hand.points[: ends[ends < 150][-1] + 1]
  hand = Line(points, hand.text[: round(len(points) / 22)].strip(), "x")
  for seed, style in ((1, None), (2, hand)):
    own = style and {
      "name": "x",
      "text": style.text,
      "points": style.points.ravel().tolist(),
    }
    heard = page.evaluate(WRITE, [TEXT, seed, 1.0, own, True])
    first = next(k for k, x in enumerate(heard[1:], 1) if x["kind"] != "points")
    sent = [x["points"] for x in heard[1:first]]
    points = np.concatenate(sent).reshape(-1, 3)
    expected = write_in_python(writer, TEXT, seed, 1.0, style)
    if style:  # the way from the style to the first stroke is left out
      expected = expected[len(expected) - heard[first]["length"] :]
    assert heard[first]["length"] == len(expected)
    np.testing.assert_allclose(
      points[: len(expected)], expected, atol=0.5
    )  # pen units, a seventieth of a usual step


def test_it_does_not_wait_for_points_that_leave_the_sheet(opened):
  page = opened()
  for seed in range(12):  # which lines leave the sheet depends on the weights
    is_stopped, sent, whole = page.evaluate(FOLLOW, [["X", "hi"], seed])
    assert is_stopped is False
    if sent > whole:
      return
  pytest.fail("with no seed did points leave the sheet")


def test_preparations_are_those_of_python(writer, opened):
  page = opened()
  for text in (
    "caf\u00e9 \u201cna\u00efve\u201d\u2026",
    "a\tb\r\n\n e\u0301 \ufb01n \u2460",
  ):
    fitted = page.evaluate(
      "(text) => {const {lines, unknown} = fitText(text, known);"
      "return [lines.join('\\n'), [...unknown.keys()]]}",
      text,
    )
    if fitted[1]:
      with pytest.raises(ValueError, match=fitted[1][0]):
        fit_text(text, writer.alphabet)
    else:
      assert fitted[0] == fit_text(text, writer.alphabet)[0]
  lines = read_stroke_file(HANDS)["train"]
  inks = [strokes_from_offsets(line.points) for line in lines]
  given = [[stroke.tolist() for stroke in ink] for ink in inks]
  stacked = page.evaluate(STACK, given)
  for ours, theirs in zip(stack(inks), stacked, strict=True):
    for stroke, other in zip(ours, theirs, strict=True):
      np.testing.assert_allclose(stroke, other, atol=1e-6)
  for factor, every in ((0.1, 1), (12.0, 1), (1.0, 4)):
    strokes = [factor * s[::every] for s in inks[0]]
    line = Line(offsets_from_strokes(strokes), lines[0].text, "0")
    ours = fit_style(line, writer.normalization, writer.points_per_character)
    theirs = page.evaluate(
      "([strokes, text]) => fitStyle(strokes, text, settings).strokes",
      [[stroke.tolist() for stroke in strokes], line.text],
    )
    np.testing.assert_allclose(
      offsets_from_strokes(theirs), ours.line.points, atol=1e-3
    )


def test_a_visitor_writes_draws_and_takes_it_home(opened, tmp_path):
  page = opened(viewport={"width": 360, "height": 740}, color_scheme="dark")
  assert page.evaluate(UNNAMED) == []
  page.fill("#text", "dear <reader")
  assert page.inner_text("mark") == "<"
  for key in ("Tab", "Enter"):  # takes what is offered
    page.keyboard.press(key)
  page.keyboard.press("Control+Enter")
  wait_for(page, "sheet.lines[0]?.windows.length")
  page.keyboard.press("Escape")
  wait_for(page, "byId('status').textContent.startsWith('Stopped')")
  page.fill("#text", "dear reader")
  page.fill("#speed", "4")
  page.press("#text", "Control+Enter")
  wait_for(page, f"sheet.options.text === 'dear reader' && {WRITTEN}")
  first = page.evaluate("strokesFile(sheet)")
  page.fill("#bias", "2")  # writes again
  wait_for(page, f"sheet.bias === 2 && {WRITTEN}")
  assert page.evaluate("strokesFile(sheet)") != first
  page.click("#undo")
  assert page.evaluate("strokesFile(sheet)") == first
  assert page.input_value("#bias") == "1"

  files = {}
  for kind in ("svg", "png", "strokes"):
    with page.expect_download() as download:
      page.click(f"#{kind}")
    files[kind] = tmp_path / download.value.suggested_filename
    download.value.save_as(files[kind])
  (line,) = read_stroke_file(files["strokes"])["train"]
  assert line.text == "dear reader"
  strokes = len(strokes_from_offsets(line.points))
  svg = files["svg"].read_text()
  assert 'mm"' in svg and svg.count("<path") == strokes
  page.uncheck("#smooth")
  plain = page.evaluate("svgFile(sheet)")
  assert plain.count("<path") == strokes and 'stroke-width="0.5"' in plain
  page.check("#smooth")
  assert files["png"].read_bytes().startswith(b"\x89PNG")

  address = page.url
  assert address.count("#") == 1 and "dear+reader" in address
  again = opened(
    fragment="#" + address.partition("#")[2], reduced_motion="reduce"
  )
  wait_for(again, "sheet.strokes.length")
  # Nothing moves: a frame shows all that there is, however much has come since
  # the last one.
  shows_all = "(frame(performance.now()), sheet.now === availableTime())"
  assert again.evaluate(shows_all)
  wait_for(again, WRITTEN)
  assert again.evaluate("strokesFile(sheet)") == first
  assert again.evaluate("document.body.scrollWidth <= innerWidth")

  page.click("#own")
  draw_with_the_mouse(page)
  page.fill("#padText", "a hand")
  page.click("#padUse")
  wait_for(
    page, "/^(Your hand|Its text).*Written/.test(byId('status').textContent)"
  )
  assert page.evaluate("strokesFile(sheet)") != first
  assert page.evaluate("document.body.scrollWidth <= innerWidth")


def draw_with_the_mouse(page):
  """Draws some letters' worth of waves on the pad."""
  box = page.locator("#pad").bounding_box()
  for start in (0.1, 0.3, 0.5, 0.7):
    for k in range(40):
      x = box["x"] + box["width"] * (start + 0.15 * k / 40)
      y = box["y"] + box["height"] * (0.5 + 0.2 * np.sin(k / 3))
      page.mouse.move(x, y)
      if k == 0:
        page.mouse.down()
    page.mouse.up()


def test_hostile_input_is_bounded_and_the_page_lives(opened):
  fragment = "#text=%3Cscript%3Ealert(1)%3C%2Fscript%3E&bias=1e999&seed=-7"
  fragment += "&pen=NaN&width=<b>&style=__proto__&ink=red;}&smooth=9&x=%ff%00"
  page = opened(fragment=fragment)
  page.evaluate("byId('speed').value = 4")
  assert page.input_value("#text") == "<script>alert(1)</script>"
  assert 0 <= page.evaluate("readNumber('bias')") <= 3
  assert page.evaluate("readNumber('pen')") == 0.5
  assert page.evaluate("inkColor()") == ""
  assert "cannot write" in page.inner_text("#status")
  whole = "\U0001d400" * 4999 + "."  # the longest of links
  assert (
    page.evaluate(
      "(text) => {byId('text').value = text; const link = writeFragment();"
      "byId('text').value = ''; readFragment(link); return byId('text').value}",
      whole,
    )
    == whole
  )
  for text, message in (
    ("word " * 20_000, "at most 5,000"),
    ("\x00\x07\x1b", "U+0000"),
    ("\u202e\u200b \n\t", "no text"),
    ("\ud83d\ude00" * 9, "cannot write"),
  ):
    page.evaluate(
      "(text) => {byId('text').value = text; showText(); write()}", text
    )
    assert message in page.inner_text("#status")
  assert page.evaluate("document.querySelectorAll('#editor *').length") < 999
  refused = page.evaluate(
    """async () => {
      const ink = [Array.from({length: 1e6}, (_, i) => [i % 900, i % 70])];
      return useInk(ink, "a").then(() => "", (error) => error.message);
    }"""
  )
  assert "1,000,000 points" in refused
  page.fill("#text", "alive")
  page.click("#write")
  wait_for(page, WRITTEN)
  line = json.loads(page.evaluate("strokesFile(sheet)"))
  assert line["text"] == "alive"
