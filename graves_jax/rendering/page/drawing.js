// Draws strokes as a pen writes them in time. Shared by the page that replays a
// file and the page that writes.
//
// A stroke is {path: its element, points: [x, y] each, times: in milliseconds,
// when the pen is at each of them, shown: the path data that the element has}, and
// may have place(point), where on the page a point lies.

const SVG = "http://www.w3.org/2000/svg";
const LONGEST_FRAME = 100; // a hidden window draws no frames; the pen waits

function makeElement(name, attributes = {}) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  return element;
}

const between = (p, q, share) =>
  [p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])];
const placed = (stroke, point) => stroke.place ? stroke.place(point) : point;

// A line through the points; of one point, a dot of round caps.
function plainData(points) {
  const all = points.length > 1 ? points : [points[0], points[0]];
  return `M${all.map(([x, y]) => `${x} ${y}`).join("L")}`;
}

// The stroke k and point i that the pen last reached, whether it is down, its way
// along the stroke, and where on the page it is.
function penAt(strokes, now) {
  const k = strokes.findLastIndex((stroke) => stroke.times[0] <= now);
  if (k < 0) return {k, i: 0, down: false, pen: placed(strokes[0], strokes[0].points[0])};
  const stroke = strokes[k];
  const {points, times} = stroke;
  const i = times.findLastIndex((moment) => moment <= now);
  if (i + 1 < times.length) {
    const share = (now - times[i]) / (times[i + 1] - times[i]);
    const tip = between(points[i], points[i + 1], share);
    return {k, i, down: true, tip, pen: placed(stroke, tip)};
  }
  const last = placed(stroke, points[i]);
  const next = strokes[k + 1];
  if (!next) return {k, i, down: false, pen: last};
  const share = (now - times[i]) / (next.times[0] - times[i]);
  const eased = share * share * (3 - 2 * share);
  return {
    k, i, down: false, pen: between(last, placed(next, next.points[0]), eased),
  };
}

// Shows what is written until now. `dataOf(stroke, points)` is the path data of a
// stroke whose pen has come so far, or of the whole one if no points are given.
function drawUntil(strokes, now, dataOf, nib) {
  const at = penAt(strokes, now);
  strokes.forEach((stroke, j) => {
    let shown = "";
    if (j < at.k || (j === at.k && !at.down)) shown = dataOf(stroke);
    else if (j === at.k) {
      shown = dataOf(stroke, [...stroke.points.slice(0, at.i + 1), at.tip]);
    }
    if (shown === stroke.shown) return;
    stroke.path.setAttribute("d", shown);
    stroke.shown = shown;
  });
  nib.setAttribute("cx", at.pen[0]);
  nib.setAttribute("cy", at.pen[1]);
  nib.setAttribute("class", at.down ? "" : "up");
  return at;
}

// Makes what scrolls along when the pen leaves the window, and not when the reader
// does. `bottomOf` is how far down the window things can be seen.
function makeFollower(nib, bottomOf) {
  let inSight = false;
  let scrolled = 0;
  return () => {
    const {top, bottom} = nib.getBoundingClientRect();
    const visible = top >= 0 && bottom <= bottomOf();
    if (inSight && !visible && scrollY === scrolled) {
      const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches
        ? "auto" : "smooth";
      scrollBy({top: top - innerHeight / 3, behavior});
    } else {
      inSight = visible;
    }
    scrolled = scrollY;
  };
}
