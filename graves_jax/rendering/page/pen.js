// Writes one line: the loop of graves_jax/sampling/handwriting.py.

const PATIENCE = 3; // times the usual points, after which a line is given up
const LEAST_READING = 1; // elements for which every character is read
const UNREAD = 1e-9; // phi so small does not change a window in float32
const SNAPSHOT_EVERY = 32; // elements of a prime

// What a hand primes the network with (Section 5.5). `points` holds pen elements
// (dx, dy, end of stroke), one after another, in pen units.
function makeHand({normalization: {mean, std}, encode}, points, text) {
  const elements = new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 3) {
    elements[i] = (points[i] - mean[0]) / std[0];
    elements[i + 1] = (points[i + 1] - mean[1]) / std[1];
    elements[i + 2] = points[i + 2];
  }
  return {elements, classes: encode(`${text.trimEnd()} `), snapshot: null};
}

const NO_HAND = {elements: new Float32Array(0), classes: [], snapshot: null};

// Writes `text` in the hand's style. `emit(element, phi, raw)` is called for each
// element that is kept, in pen units; `pause()` now and then. Returns the line:
// {length, isFinished}, as Written in graves_jax/sampling/attempts.py.
async function writeLine(model, {text, hand, bias, random, stop}, emit, pause) {
  const {network, sigmaFloor, pointsPerCharacter, normalization, encode} = model;
  const {mean, std} = normalization;
  const classes = [...hand.classes, ...encode(text)];
  const own = hand.classes.length;
  const primed = hand.elements.length / 3;
  const limit = primed + 100
    + Math.round(PATIENCE * pointsPerCharacter * text.length);
  const phi = new Float32Array(classes.length + 1);
  const raw = new Float32Array(network.output.bias.length);
  const reading = new Float64Array(text.length);
  await readPrime(model, hand);
  let {t, state, end, last} = startOf(network, hand);
  let isStarted = primed === 0;
  let skipped = 0; // elements of the approach, which is not kept
  let length = null;
  for (; length === null; t++) {
    step(network, state, last, classes, phi, raw);
    const element = t < primed ? hand.elements.subarray(3 * t, 3 * t + 3)
      : Float32Array.from(
        drawElement(mixtureOf(raw, bias, sigmaFloor), random));
    const isPast = isPastText(phi, state.kappa);
    const isNew = t > primed;
    length = advanceLineEnd(end, {
      t, isPast, isNew, hasLifted: last[2] > 0.5,
      move: element[0] + mean[0] / std[0],
    });
    if (stop === "paper") length = isPast && isNew ? t : null;
    if (length !== null) break;
    if (t >= limit) return {length: t - primed - skipped, isFinished: false};
    if (t >= primed) {
      const total = sumFrom(phi, 0) || 1;
      for (let u = 0; u < text.length; u++) reading[u] += phi[own + u] / total;
      // The pen comes from the prime's end; dots on the way are left out, too.
      isStarted ||= isNew && last[2] < 0.5;
      if (isStarted) {
        emit([element[0] * std[0] + mean[0], element[1] * std[1] + mean[1],
          element[2]], phi.subarray(own), raw);
      } else {
        skipped += 1;
      }
    }
    last = element;
    if (t % 8 === 0) await pause();
  }
  const isRead = [...text].every(
    (character, u) => character === " " || reading[u] >= LEAST_READING);
  length = Math.max(0, length - primed - skipped);
  return {length, isFinished: isRead && length > 0};
}

// Reads the hand's prime up to where the window sees what is written after it,
// once: the state there serves all lines.
function readPrime(model, hand) {
  hand.reading ??= takeSnapshot(model, hand);
  return hand.reading;
}

async function takeSnapshot({network, normalization, turn}, hand) {
  const {mean, std} = normalization;
  const primed = hand.elements.length / 3;
  const phi = new Float32Array(hand.classes.length + 1);
  const raw = new Float32Array(network.output.bias.length);
  let {t, state, end, last} = startOf(network, hand);
  for (; t < primed; t++) {
    if (t % SNAPSHOT_EVERY === 0) {
      hand.snapshot = {t, state: copyState(state), end: {...end}, last};
    }
    step(network, state, last, hand.classes, phi, raw);
    if (phi.at(-1) > UNREAD) return;
    const element = hand.elements.subarray(3 * t, 3 * t + 3);
    advanceLineEnd(end, {
      t, isPast: false, isNew: false, hasLifted: last[2] > 0.5,
      move: element[0] + mean[0] / std[0],
    });
    last = element;
    if (t % 8 === 0) await turn();
  }
}

function startOf(network, {snapshot}) {
  if (!snapshot) {
    return {
      t: 0, state: initialState(network), end: noLineEnd(),
      last: new Float32Array(3), // x_1's input: the null vector
    };
  }
  const {t, state, end, last} = snapshot;
  return {t, state: copyState(state), end: {...end}, last};
}

function sumFrom(values, start) {
  let sum = 0;
  for (let i = start; i < values.length; i++) sum += values[i];
  return sum;
}

// What the network makes of given elements, normalized and one after another:
// y-hat and phi of each, and where the window's weights lie after the last one.
function readElements(model, elements, text) {
  const {network, encode} = model;
  const classes = encode(text);
  const count = elements.length / 3;
  const state = initialState(network);
  const phi = new Float32Array(classes.length + 1);
  const raw = new Float32Array(network.output.bias.length);
  const outputs = new Float32Array(count * raw.length);
  const windows = new Float32Array(count * phi.length);
  let last = new Float32Array(3);
  for (let t = 0; t < count; t++) {
    step(network, state, last, classes, phi, raw);
    outputs.set(raw, t * raw.length);
    windows.set(phi, t * phi.length);
    last = elements.subarray(3 * t, 3 * t + 3);
  }
  step(network, state, last, classes, phi, raw);
  return {outputs, windows, place: phi.indexOf(Math.max(...phi))};
}
