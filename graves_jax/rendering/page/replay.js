// Replays the drawing of an HTML file.

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
const nib = makeElement("circle", {
  id: "nib",
  r: 1.6 * parseFloat(svg.querySelector("#page-1").getAttribute("stroke-width")),
});
svg.append(nib);
const follow = makeFollower(nib, () => controls.getBoundingClientRect().top);

function draw(now) {
  drawUntil(strokes, now,
    (stroke, points) => points ? plainData(points) : stroke.whole, nib);
  nib.style.visibility = now < total ? "visible" : "hidden";
}

const ICONS = {Play: "M6 3v18l15-9z", Pause: "M5 3h5v18H5zM14 3h5v18h-5z"};
let now = total;
let playing = false;
let held = false;
let before = null;

function show() {
  draw(now);
  time.value = now;
  const [at, of] = [now, total].map((t) =>
    `${Math.floor(t / 60000)}:${String(Math.floor(t / 1000) % 60)
      .padStart(2, "0")}`);
  clock.value = `${at} / ${of}`;
  time.setAttribute("aria-valuetext", `${at} of ${of}`);
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
    const elapsed = Math.min(moment - before, LONGEST_FRAME);
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
