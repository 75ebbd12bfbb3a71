// Fits ink of one's own to the hand that the network has learned, as
// graves_jax/sampling/style.py has it, where the numbers come from.

const INK = 2.5;
const SIZES = [0.4, 3.4];
const SPACINGS = [0.3, 2.6];
const INK_OF_LETTER = [0.6, 10];
const LONGEST_WAY = 60;
const FEWEST_POINTS = 2; // a character
const MOST_INK_POINTS = 100_000; // as drawn
const MOST_PRIME_POINTS = 2000; // as the network reads them
const MOST_PRIME_CHARACTERS = 80;

const wayOf = (p, q) => Math.hypot(q[0] - p[0], q[1] - p[1]);
const lengthOf = (stroke) =>
  stroke.reduce((sum, p, i) => sum + (i ? wayOf(stroke[i - 1], p) : 0), 0);

// Brings ink and its text to the size and density of the training data: {strokes,
// text, changes}. Throws an Error that says what is wrong with them.
function fitStyle(strokes, text, {normalization, pointsPerCharacter}) {
  const said = text.trim().replace(/\s+/g, " ");
  const characters = [...said].length;
  const points = strokes.reduce((sum, stroke) => sum + stroke.length, 0);
  if (!characters) throw new Error("Say what the ink says.");
  if (characters > MOST_PRIME_CHARACTERS) {
    throw new Error(`The text has ${characters} characters; a style takes `
      + `${MOST_PRIME_CHARACTERS} at most.`);
  }
  if (points > MOST_INK_POINTS) {
    throw new Error(`The ink has ${points.toLocaleString("en")} points; a style takes `
      + `${MOST_INK_POINTS.toLocaleString("en")} at most.`);
  }
  const first = strokes.findIndex((stroke) => stroke.length > 1);
  if (first < 0 || points < FEWEST_POINTS * characters) {
    throw new Error("There is too little ink to show a hand: write the line above.");
  }
  let fitted = strokes.slice(first).filter((stroke) => stroke.length);
  const usual = INK * normalization.mean[0];
  const measures = measureInk(fitted, characters, usual, pointsPerCharacter);
  requirePlausible(measures, characters);
  let {spacing} = measures;
  const changes = [];
  if (!isWithin(measures.size, SIZES)) {
    fitted = fitted.map(
      (stroke) => stroke.map(([x, y]) => [x / measures.size, y / measures.size]));
    spacing /= measures.size;
    changes.push(`scaled by ${(1 / measures.size).toPrecision(3)}`);
  }
  if (!isWithin(spacing, SPACINGS)) {
    fitted = fitted.map((stroke) => resampled(stroke, spacing, usual));
    changes.push("resampled");
  }
  const kept = fitted.reduce((sum, stroke) => sum + stroke.length, 0);
  if (kept > MOST_PRIME_POINTS) {
    throw new Error(`The ink has ${kept.toLocaleString("en")} points of the `
      + `network's; a style takes ${MOST_PRIME_POINTS.toLocaleString("en")}: `
      + "write a shorter line.");
  }
  return {strokes: fitted, text: said, changes};
}

const isWithin = (value, [low, high]) => value >= low && value <= high;

function measureInk(strokes, characters, usual, pointsPerCharacter) {
  const all = strokes.flat();
  const ways = all.slice(1).map((point, i) => wayOf(all[i], point));
  const ink = strokes.reduce((sum, stroke) => sum + lengthOf(stroke), 0);
  const letter = Math.max(letterSize(strokes), median(ways), 1e-9);
  return {
    size: ink / characters / (usual * pointsPerCharacter),
    spacing: ink / Math.max(all.length - strokes.length, 1) / usual,
    inkOfLetter: ink / characters / letter,
    longestWay: ways.reduce((most, way) => Math.max(most, way), 0) / letter,
  };
}

// The shorter side of the strokes' boxes: their median, by length of ink.
function letterSize(strokes) {
  const sized = strokes.map((stroke) => {
    const {left, top, right, bottom} = boxOf([stroke]);
    return {size: Math.min(right - left, bottom - top), length: lengthOf(stroke)};
  }).sort((a, b) => a.size - b.size);
  const half = sized.reduce((sum, {length}) => sum + length, 0) / 2;
  let reached = 0;
  for (const {size, length} of sized) {
    reached += length;
    if (reached >= half) return size;
  }
  return sized.at(-1).size;
}

function requirePlausible({longestWay, inkOfLetter}, characters) {
  if (longestWay > LONGEST_WAY) {
    throw new Error("The pen jumps too far: keep the line together.");
  }
  if (!isWithin(inkOfLetter, INK_OF_LETTER)) {
    const amount = inkOfLetter > 1 ? "too much" : "too little";
    throw new Error(`There is ${amount} ink for ${characters} characters: is the `
      + "text what the ink says?");
  }
}

// A stroke whose points lie at about the usual distance: thinned in time if it is
// too dense, along the stroke if it is too sparse.
function resampled(stroke, spacing, usual) {
  if (stroke.length < 2) return stroke;
  const along = [0];
  for (let i = 1; i < stroke.length; i++) {
    along.push(spacing < 1 ? i * spacing
      : along[i - 1] + wayOf(stroke[i - 1], stroke[i]) / usual);
  }
  const last = Math.max(Math.round(along.at(-1)), 1);
  const points = [];
  let i = 0;
  for (let k = 0; k <= last; k++) {
    const at = along.at(-1) * k / last;
    while (i + 2 < along.length && along[i + 1] < at) i += 1;
    const room = along[i + 1] - along[i];
    points.push(between(stroke[i], stroke[i + 1],
      room > 0 ? Math.min((at - along[i]) / room, 1) : 0));
  }
  return points;
}

// Strokes as pen elements (dx, dy, end of stroke), one after another (Eq. 15).
function offsetsOf(strokes) {
  const offsets = [];
  let before = null;
  for (const stroke of strokes) {
    stroke.forEach((point, i) => {
      if (before) {
        offsets.push(point[0] - before[0], point[1] - before[1],
          i === stroke.length - 1 ? 1 : 0);
      }
      before = point;
    });
  }
  return offsets;
}
