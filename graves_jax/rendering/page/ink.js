// How strokes look: smooth ink, thin where the pen was fast, or plain lines.

const STEADY = 1.2; // width of a slow pen, over the pen's
const THINNEST = 0.65; // width of the fastest
const SLIMMING = 0.3; // of a pen at the usual speed
const PIECES = 3; // of a curve from point to point

// Widths at the points of a stroke, over the pen's. `usual` is the usual distance of
// two points.
function widthsOf(points, usual) {
  const speeds = points.map((point, i) => {
    const [from, to] = [points[Math.max(i - 2, 0)],
      points[Math.min(i + 2, points.length - 1)]];
    const steps = Math.min(i + 2, points.length - 1) - Math.max(i - 2, 0);
    return Math.hypot(to[0] - from[0], to[1] - from[1]) / (steps || 1) / usual;
  });
  return speeds.map((speed) => Math.max(THINNEST, STEADY - SLIMMING * speed));
}

// Points of a smooth curve (Catmull and Rom) through the points, with widths.
function smoothed(points, widths) {
  const curve = [[...points[0], widths[0]]];
  for (let i = 0; i + 1 < points.length; i++) {
    const [p, q] = [points[i], points[i + 1]];
    const before = points[i - 1] ?? p;
    const after = points[i + 2] ?? q;
    for (let piece = 1; piece <= PIECES; piece++) {
      const s = piece / PIECES;
      const at = (axis) => p[axis] + 0.5 * s * (q[axis] - before[axis]
        + s * (2 * before[axis] - 5 * p[axis] + 4 * q[axis] - after[axis]
        + s * (3 * (p[axis] - q[axis]) + after[axis] - before[axis])));
      curve.push([at(0), at(1), widths[i] + s * (widths[i + 1] - widths[i])]);
    }
  }
  return curve;
}

// The outline of smooth ink: a capsule for each piece of the curve, all turning
// the same way, so that together they are filled without holes.
function smoothData(points, pen, usual) {
  const curve = smoothed(points, widthsOf(points, usual));
  const number = (value) => Math.round(10 * value) / 10;
  const circle = ([x, y, width]) => {
    const r = number(pen * width / 2);
    return `M${number(x) - r} ${number(y)}a${r} ${r} 0 0 1 ${2 * r} 0`
      + `a${r} ${r} 0 0 1 ${-2 * r} 0Z`;
  };
  let data = circle(curve[0]);
  for (let i = 1; i < curve.length; i++) {
    const [[x, y, w], [u, v, z]] = [curve[i - 1], curve[i]];
    const length = Math.hypot(u - x, v - y);
    if (length < 1e-6) continue;
    const [a, b] = [(v - y) / length * pen / 2, (x - u) / length * pen / 2];
    const r = number(pen * z / 2);
    data += `M${number(x + a * w)} ${number(y + b * w)}`
      + `L${number(u + a * z)} ${number(v + b * z)}`
      + `A${r} ${r} 0 0 1 ${number(u - a * z)} ${number(v - b * z)}`
      + `L${number(x - a * w)} ${number(y - b * w)}Z`;
  }
  return data;
}
