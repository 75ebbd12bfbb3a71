// A sheet of paper: lines of ink as they arrive, where they lie, and the pen that
// writes them in its own time.

const LINE_HEIGHT_MM = 7; // that of a letter written by hand
const USUAL_HEIGHT = 9.5; // of a line, over the vertical offsets' deviation
const MARGIN = 0.8; // on all sides, in line heights
// The pen as graves_jax/rendering/html.py has it: milliseconds between points, and
// between strokes a pause and a speed, in line heights.
const POINT_TIME = 1000 / 64;
const PEN_UP_TIME = 100;
const PEN_UP_SPEED = 3 / 1000;

function makeSheet(normalization, options) {
  const height = USUAL_HEIGHT * normalization.std[1]; // of a usual line
  return {
    options, // {text, width in mm, spacing, pen in mm, isSmooth, color}
    usualHeight: height,
    usualStep: 2.5 * normalization.mean[0],
    unitsPerMm: height / LINE_HEIGHT_MM,
    group: makeElement("g"),
    lines: [],
    strokes: [],
    now: 0,
    isDone: false,
  };
}

// Begins line n, or begins it anew.
function beginLine(sheet, n, text) {
  const old = sheet.lines[n];
  if (old) {
    old.group.remove();
    sheet.strokes = sheet.strokes.filter((stroke) => stroke.line !== old);
  }
  const before = sheet.lines.slice(0, n).findLast((line) => line.strokes.length);
  const line = {
    text,
    group: makeElement("g"),
    strokes: [],
    windows: [], // phi of each element, and its mixture, until they were shown
    mixtures: [],
    times: [], // of each element
    position: [0, 0],
    ends: true, // whether the next point begins a stroke
    clock: before ? before.clock : 0,
    travels: Boolean(before), // the pen comes from another line
    placement: {angle: 0, x: 0, y: 0},
    baseline: 0,
    isDone: false,
  };
  sheet.lines[n] = line;
  sheet.group.append(line.group);
  sheet.now = Math.min(sheet.now, line.clock);
  return line;
}

function addPoint(sheet, line, point, way) {
  const stroke = line.ends ? {
    line,
    path: makeElement("path"),
    points: [],
    times: [],
    shown: "",
    place: (p) => placeInLine(line, p),
  } : line.strokes.at(-1);
  if (line.ends) {
    line.group.append(stroke.path);
    line.strokes.push(stroke);
    sheet.strokes.push(stroke);
    line.clock += line.travels
      ? PEN_UP_TIME + way / sheet.usualHeight / PEN_UP_SPEED : 0;
    line.travels = true;
  } else {
    line.clock += POINT_TIME;
  }
  stroke.points.push(point);
  stroke.times.push(line.clock);
  stroke.whole = null;
  line.ends = false;
}

// Adds elements (dx, dy, end of stroke), one after another, in pen units.
function addElements(sheet, n, {points, windows, mixtures}) {
  const line = sheet.lines[n];
  if (!line.strokes.length) addPoint(sheet, line, [0, 0], sheet.usualHeight);
  for (let i = 0; i < points.length; i += 3) {
    const [x, y] = line.position;
    line.position = [x + points[i], y + points[i + 1]];
    addPoint(sheet, line, line.position, Math.hypot(points[i], points[i + 1]));
    line.times.push(line.clock);
    line.ends = points[i + 2] > 0.5;
  }
  line.windows.push(...windows);
  line.mixtures.push(...mixtures);
}

// Ends a line after so many elements.
function endLine(sheet, n, length) {
  const line = sheet.lines[n];
  line.isDone = true;
  let over = line.times.length - length;
  if (length === 0) over += 1; // the first point, too
  for (; over > 0 && line.strokes.length; over--) {
    const stroke = line.strokes.at(-1);
    stroke.points.pop();
    stroke.times.pop();
    stroke.whole = null;
    if (!stroke.points.length) {
      stroke.path.remove();
      line.strokes.pop();
      sheet.strokes.pop();
    }
  }
  line.times.length = length;
  line.clock = line.strokes.at(-1)?.times.at(-1) ?? line.clock;
}

function placeInLine(line, point) {
  const [x, y] = placePoint(point, line.strokes[0].points[0], line.placement);
  return [x, y + line.baseline];
}

// Finds where lines lie; those that changed since are measured again.
function layOut(sheet) {
  const width = sheet.options.width * sheet.unitsPerMm;
  for (const line of sheet.lines) {
    const count = line.strokes.reduce((sum, {points}) => sum + points.length, 0);
    const measured = `${count} ${line.isDone} ${width}`;
    if (line.measured === measured || !count) continue;
    line.measured = measured;
    const strokes = line.strokes.map(({points}) => points);
    line.placement = placementOf(strokes, line.isDone);
    const turned = turn(strokes, line.placement);
    line.silhouette = silhouetteOf(turned, width);
    line.box = boxOf(turned);
    line.height = line.isDone ? heightOf(turned) : null;
  }
  const inked = sheet.lines.filter((line) => line.strokes.length);
  const heights = inked.map(({height}) => height).filter(Boolean);
  const typical = heights.length ? median(heights) : sheet.usualHeight;
  const baselines = baselinesOf(
    sheet.lines.map((line) => line.strokes.length ? line.silhouette : null),
    sheet.options.spacing, typical);
  sheet.lines.forEach((line, n) => {
    line.baseline = baselines[n];
    if (line.strokes.length) showPlace(line);
  });
  const margin = MARGIN * sheet.usualHeight;
  const tops = inked.map(({box, baseline}) => box.top + baseline);
  const lows = inked.map(({box, baseline}) => box.bottom + baseline);
  const top = Math.min(-0.7 * sheet.usualHeight, ...tops) - margin;
  const low = Math.max(0.5 * sheet.usualHeight, ...lows) + margin;
  const right = Math.max(width, ...inked.map(({box}) => box.right));
  sheet.box = [-margin, top, right + 2 * margin, low - top];
}

function showPlace(line) {
  const [x, y] = line.strokes[0].points[0];
  const {angle, x: right, y: down} = line.placement;
  line.group.style.transform = `translate(${x + right}px, `
    + `${y + down + line.baseline}px) rotate(${angle}rad) translate(${-x}px, ${-y}px)`;
}

// Path data of a stroke: of what the pen has written so far, or of all of it.
function dataOf(sheet, stroke, points) {
  const {isSmooth, pen} = sheet.options;
  const draw = (all) => isSmooth
    ? smoothData(all, pen * sheet.unitsPerMm, sheet.usualStep) : plainData(all);
  if (points) return draw(points);
  stroke.whole ??= draw(stroke.points);
  return stroke.whole;
}

function forgetDrawing(sheet) {
  for (const stroke of sheet.strokes) stroke.whole = null;
}

// The line under the pen and how many of its elements are written; null without
// ink.
function readingAt(sheet, now) {
  const line = sheet.lines.findLast(
    ({strokes}) => strokes.length && strokes[0].times[0] <= now);
  if (!line) return null;
  const after = line.times.findIndex((moment) => moment > now);
  return {line, element: after < 0 ? line.times.length : after};
}
