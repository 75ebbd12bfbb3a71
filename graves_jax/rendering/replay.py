"""The parts of the page that `write_html` fills: document, style and script."""

from string import Template

DOCUMENT = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$POLICY">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$TITLE</title>
<style>$STYLE</style>
</head>
<body>
<main>
<figure>
$DRAWING<figcaption>
<p id="text">$TEXT</p>
<p id="description">$DESCRIPTION</p>
</figcaption>
</figure>
</main>
<div id="controls" role="group" aria-label="Replay" hidden>
<button id="play" type="button" aria-label="Play">
<svg viewBox="0 0 24 24" aria-hidden="true"><path/></svg>
</button>
<input id="time" type="range" min="0" step="any" aria-label="Time">
<output id="clock" for="time"></output>
<label>Speed
<input id="speed" type="range" min="-2" max="4" step="0.5" value="0">
<output id="factor" for="speed"></output></label>
<a id="download" href="">Download SVG</a>
</div>
<script id="data" type="application/json">$DATA</script>
<script>$SCRIPT</script>
</body>
</html>
""")

STYLE = """
:root {
  color-scheme: light dark;
  --desk: #eceae4; --paper: #fffefb; --ink: #16213e; --print: #55585f;
  --edge: #d9d6cd; --accent: #c2410c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --desk: #121316; --paper: #1d1f24; --ink: #eceadf; --print: #a3a7b0;
    --edge: #34373f; --accent: #fb923c;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0; min-height: 100vh; min-height: 100dvh;
  display: flex; flex-direction: column;
  background: var(--desk); color: var(--print);
  font: 15px/1.4 system-ui, sans-serif; accent-color: var(--accent);
}
main {
  flex: 1; display: grid; place-items: center;
  padding: clamp(8px, 2.5vw, 32px);
}
figure {
  margin: 0; width: 100%; max-width: MAX_WIDTH;
  background: var(--paper); border: 1px solid var(--edge); border-radius: 6px;
  box-shadow: 0 1px 12px #0002;
}
figure > svg { display: block; width: 100%; height: auto; }
figure > svg g:not(#paper)[stroke="#000000"] { stroke: var(--ink); }
figure > svg #paper { opacity: .5; }
#nib { fill: var(--accent); transition: opacity .15s; }
#nib.up { opacity: .35; }
figcaption { padding: 0 16px; overflow-wrap: anywhere; }
figcaption p { margin: 0 0 12px; white-space: pre-wrap; }
figcaption p:empty { display: none; }
#description { font-size: 12px; opacity: .8; }
#controls {
  position: sticky; bottom: 0;
  display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px;
  padding: 10px clamp(12px, 3vw, 32px);
  padding-bottom: max(10px, env(safe-area-inset-bottom));
  background: var(--paper); border-top: 1px solid var(--edge);
}
#play {
  width: 44px; height: 44px; flex: none; padding: 11px;
  border: 0; border-radius: 50%; background: var(--accent); cursor: pointer;
}
#play svg { display: block; fill: var(--paper); }
#time { flex: 1 1 180px; min-width: 0; height: 32px; margin: 0; }
#clock, #factor { font-variant-numeric: tabular-nums; white-space: nowrap; }
label { display: flex; align-items: center; gap: 8px; }
#speed { width: 110px; height: 32px; }
#factor { min-width: 3.2em; }
a { color: var(--accent); padding: 10px 0; margin-left: auto; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media print { #controls, #nib { display: none; } }
"""

SCRIPT = r"""
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const svg = document.querySelector("figure > svg");
const [controls, button, time, clock, speed, factor, download] =
  ["controls", "play", "time", "clock", "speed", "factor", "download"]
    .map((id) => document.getElementById(id));

// The file as it would be on disk, taken before the script changes it.
const file = new Blob([new XMLSerializer().serializeToString(svg)],
                      {type: "image/svg+xml"});
download.href = URL.createObjectURL(file);
download.download = data.file;

const strokes = [...svg.querySelectorAll("path")].map((path, k) => {
  const whole = path.getAttribute("d");
  const numbers = whole.match(/-?[\d.]+/g).map(Number);
  const times = data.milliseconds[k];
  const points = times.map((_, i) => numbers.slice(2 * i, 2 * i + 2));
  return {path, whole, points, times, shown: whole};
});
const total = strokes.at(-1).times.at(-1);
const nib = document.createElementNS("http://www.w3.org/2000/svg", "circle");
nib.id = "nib";
nib.setAttribute("r", 1.6 * parseFloat(
  svg.querySelector("#page-1").getAttribute("stroke-width")));
svg.append(nib);

const between = (p, q, share) =>
  [p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])];

// The stroke k and point i that the pen last reached, and where it is now.
function penAt(now) {
  const k = strokes.findLastIndex((stroke) => stroke.times[0] <= now);
  const {points, times} = strokes[k];
  const i = times.findLastIndex((moment) => moment <= now);
  const next = strokes[k + 1];
  if (i + 1 < times.length) {
    const share = (now - times[i]) / (times[i + 1] - times[i]);
    return {k, i, down: true, pen: between(points[i], points[i + 1], share)};
  }
  if (!next) return {k, i, down: false, pen: points[i]};
  const share = (now - times[i]) / (next.times[0] - times[i]);
  const eased = share * share * (3 - 2 * share);
  return {k, i, down: false, pen: between(points[i], next.points[0], eased)};
}

function draw(now) {
  const {k, i, down, pen} = penAt(now);
  strokes.forEach((stroke, j) => {
    const shown = j > k ? "" : j < k || !down ? stroke.whole
      : "M" + [...stroke.points.slice(0, i + 1), pen].flat().join(" ");
    if (shown === stroke.shown) return;
    stroke.path.setAttribute("d", shown);
    stroke.shown = shown;
  });
  nib.setAttribute("cx", pen[0]);
  nib.setAttribute("cy", pen[1]);
  nib.setAttribute("class", down ? "" : "up");
  nib.style.visibility = now < total ? "visible" : "hidden";
}

const ICONS = {Play: "M6 3v18l15-9z", Pause: "M5 3h5v18H5zM14 3h5v18h-5z"};
let now = total, playing = false, held = false, before = null;
let inSight = false, scrolled = 0;

function show() {
  draw(now);
  time.value = now;
  const [at, of] = [now, total].map((t) =>
    `${Math.floor(t / 60000)}:${String(Math.floor(t / 1000) % 60)
      .padStart(2, "0")}`);
  clock.value = `${at} / ${of}`;
  time.setAttribute("aria-valuetext", `${at} of ${of}`);
}

// Scrolls along when the pen leaves the window, not when the reader does.
function follow() {
  const {top, bottom} = nib.getBoundingClientRect();
  const visible = top >= 0 && bottom <= controls.getBoundingClientRect().top;
  if (inSight && !visible && scrollY === scrolled) {
    scrollBy({top: top - innerHeight / 3, behavior: "smooth"});
  } else {
    inSight = visible;
  }
  scrolled = scrollY;
}

function setPlaying(value) {
  playing = value;
  before = null;
  const label = playing ? "Pause" : "Play";
  button.setAttribute("aria-label", label);
  button.querySelector("path").setAttribute("d", ICONS[label]);
  if (playing) requestAnimationFrame(tick);
}

function tick(moment) {
  if (!playing) return;
  if (before !== null && !held) {
    // A hidden window draws no frames; the pen waits for it.
    const elapsed = Math.min(moment - before, 100);
    now = Math.min(total, now + elapsed * 2 ** speed.value);
    show();
    follow();
  }
  before = moment;
  if (now < total) requestAnimationFrame(tick);
  else setPlaying(false);
}

function toggle() {
  if (!playing && now >= total) now = 0;
  setPlaying(!playing);
}

button.addEventListener("click", toggle);
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || event.target !== document.body) return;
  event.preventDefault();
  toggle();
});
time.addEventListener("input", () => {
  held = true;
  now = Number(time.value);
  show();
});
time.addEventListener("change", () => { held = false; });
speed.addEventListener("input", () => {
  const times = Number((2 ** speed.value).toPrecision(2));
  factor.value = `${times}\u00d7`;
});

time.max = total;
controls.hidden = false;
speed.dispatchEvent(new Event("input"));
if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
  setPlaying(false);
} else {
  toggle();
}
show();
"""
