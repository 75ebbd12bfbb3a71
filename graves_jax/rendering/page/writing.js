// Writes what the controls say: asks the worker, and hears what it tells.

const paper = byId("paper");
const nib = makeElement("circle", {id: "nib", visibility: "hidden"});
const mixture = makeElement("g", {id: "mixture"});
paper.append(mixture, nib);
const follow = makeFollower(nib, () => innerHeight);
const thoughts = makeThoughts(settings,
  {strip: byId("thoughts"), reading: byId("reading"), mixture});
const undone = []; // sheets of before
let sheet = null;
let number = 0; // of the writing
let lastFrame = null;
let isFrameDue = false;
let told = 0; // points that the worker knows to be shown
let layoutDue = false;
let ownHand = null; // {name, points, text}
let lastText = null;

const worker = startWorker(hear, wasm);

function sheetOptions(text) {
  return {
    text,
    width: readNumber("width"),
    spacing: readNumber("spacing"),
    pen: readNumber("pen"),
    isSmooth: byId("smooth").checked,
    color: inkColor(),
  };
}

function handNamed(name) {
  if (name === "own") return ownHand;
  const style = styles.find((each) => each.name === name);
  return style ? {name, points: offsetsOf(style.strokes), text: style.text} : null;
}

// Writes the text; `note` is told before all that is told of it.
async function write(note = "") {
  const text = byId("text").value;
  const {lines, replaced, unknown} = fitText(text, known);
  const problem = problemOf(text, lines, unknown);
  if (problem) return say(note + problem, true);
  if (!sheet.isEmpty) {
    undone.push({sheet, fragment: sheet.fragment});
    if (undone.length > MOST_UNDONE) undone.shift();
  }
  number += 1;
  const own = number;
  const started = performance.now();
  showSheet(makeSheet(settings.normalization, sheetOptions(lines.join("\n"))));
  sheet.bias = readNumber("bias");
  sheet.fragment = writeFragment();
  showFragment(sheet.fragment);
  lastText = text;
  told = 0;
  const changes = [...replaced].map(([c, other]) =>
    other ? `${nameOf(c)} is written ${other}` : `${nameOf(c)} is left out`);
  say(`${note}Writing. ${changes.slice(0, 8).join(", ")}`);
  byId("stop").disabled = false;
  const result = await worker.ask("write", {
    number: own,
    paragraphs: lines,
    seed: readNumber("seed"),
    bias: sheet.bias,
    hand: handNamed(chosenStyle()),
    width: sheet.options.width * sheet.unitsPerMm,
    stop: "stroke",
  });
  if (own !== number) return null;
  sheet.isDone = true;
  sheet.report = note + reportOn(sheet, result.isStopped, performance.now() - started);
  wake();
  return sheet.report;
}

// Why a text cannot be written, or null.
function problemOf(text, lines, unknown) {
  const characters = [...text].length;
  if (characters > MOST_CHARACTERS) {
    return `The text has ${characters.toLocaleString("en")} characters; at most `
      + `${MOST_CHARACTERS.toLocaleString("en")} are written at a time.`;
  }
  if (!lines.length) return "There is no text to write.";
  if (!unknown.size) return null;
  const named = [...unknown.keys()].slice(0, 8).map(nameOf).join(", ");
  return `The network cannot write ${named}: replace what is underlined.`;
}

function reportOn({lines}, isStopped, time) {
  const points = lines.reduce((sum, line) => sum + line.times.length, 0);
  const inked = lines.filter((line) => line.strokes.length);
  const unfinished = lines.filter((line) => line.isDone && !line.isFinished);
  const parts = [
    isStopped ? "Stopped." : "Written.",
    `${inked.length} line${inked.length === 1 ? "" : "s"},`,
    `${points.toLocaleString("en")} points in ${(time / 1000).toFixed(1)} s.`,
  ];
  if (unfinished.length) {
    parts.push(`The pen skipped characters or did not find the end in: ${
      unfinished.map(({text}) => `“${text}”`).join(", ")}; try another seed.`);
  }
  return parts.join(" ");
}

// What the worker tells.
function hear(message) {
  if (message.number !== number) return;
  const {kind, line} = message;
  if (kind === "line") {
    beginLine(sheet, line, message.text);
    if (message.attempt > 0) say(`Line ${line + 1} went wrong; writing it anew.`);
  } else if (kind === "points") {
    addElements(sheet, line, message);
  } else if (kind === "ended") {
    endLine(sheet, line, message.length);
    sheet.lines[line].isFinished = message.isFinished;
  }
  layoutDue = true;
  wake();
}

function stop() {
  if (byId("stop").disabled) return;
  worker.tell("stop");
  if (sheet) finishPen();
}
