// The page: its controls, its worker, and its sheets of paper.

const {settings, arrays, wasm, styles} = JSON.parse(byId("data").textContent);
const known = {
  alphabet: new Set(settings.alphabet),
  near: settings.near,
  offered: settings.offered,
};
const MOST_UNDONE = 20;
const FASTEST = 4; // of the speed: as fast as it is written
const NEAR_LIMIT = 0.9;
const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;

// ---------------------------------------------------------------- the worker

// Starts a worker with the network: {ask(kind, options), tell(kind, options)}.
// `hear` is called with what it tells. `wasm` null: plain JavaScript.
function startWorker(hear, wasm) {
  const source = new Blob([byId("worker").textContent], {type: "text/javascript"});
  const address = URL.createObjectURL(source);
  const worker = new Worker(address);
  const waiting = new Map();
  let asked = 0;
  worker.onmessage = ({data}) => {
    if (data.id === undefined) return hear(data);
    const {resolve, reject} = waiting.get(data.id);
    waiting.delete(data.id);
    return data.error ? reject(new Error(data.error)) : resolve(data.answer);
  };
  const ask = (kind, options) => new Promise((resolve, reject) => {
    asked += 1;
    waiting.set(asked, {resolve, reject});
    worker.postMessage({kind, id: asked, options});
  });
  const loaded = ask("load",
    {weights: byId("weights").textContent, arrays, settings, wasm});
  loaded.finally(() => URL.revokeObjectURL(address));
  return {
    ask, loaded, tell: (kind, options) => worker.postMessage({kind, options}),
  };
}

// ------------------------------------------------------------ what is written

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

async function write() {
  const text = byId("text").value;
  const {lines, replaced, unknown} = fitText(text, known);
  const problem = problemOf(text, lines, unknown);
  if (problem) return say(problem, true);
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
  history.replaceState(null, "", sheet.fragment);
  lastText = text;
  told = 0;
  const changes = [...replaced].map(([c, other]) =>
    other ? `${nameOf(c)} is written ${other}` : `${nameOf(c)} is left out`);
  say(`Writing. ${changes.slice(0, 8).join(", ")}`);
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
  sheet.report = reportOn(sheet, result.isStopped, performance.now() - started);
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

// ------------------------------------------------------------------ the pen

function wake() {
  if (isFrameDue) return;
  isFrameDue = true;
  requestAnimationFrame(frame);
}

const availableTime = () => sheet.strokes.at(-1)?.times.at(-1) ?? 0;

function frame(moment) {
  isFrameDue = false;
  if (!sheet?.strokes.length) return endIfDone();
  const elapsed = Math.min(moment - (lastFrame ?? moment), LONGEST_FRAME);
  lastFrame = moment;
  const end = availableTime();
  const speed = readNumber("speed");
  sheet.now = speed >= FASTEST || isCalm ? end
    : Math.min(end, sheet.now + elapsed * 2 ** speed);
  showPen();
  if (sheet.now < end) wake();
  else if (!endIfDone()) lastFrame = null;
  return null;
}

function showPen() {
  if (layoutDue) {
    layOut(sheet);
    layoutDue = false;
    paper.setAttribute("viewBox", sheet.box.join(" "));
  }
  const {k, i} = drawUntil(sheet.strokes, sheet.now,
    (stroke, points) => dataOf(sheet, stroke, points), nib);
  const reading = readingAt(sheet, sheet.now);
  if (reading) {
    const earlier = sheet.lines.slice(0, sheet.lines.indexOf(reading.line));
    const shown = earlier.reduce((sum, {times}) => sum + times.length, 0)
      + reading.element;
    if (shown > told + 50 || shown < told) worker.tell("shown", told = shown);
    for (const line of earlier) line.windows = line.mixtures = [];
    if (byId("thinking").checked && k >= 0) {
      const stroke = sheet.strokes[k];
      thoughts.show(reading, stroke.place(stroke.points[i]));
    }
  }
  if (!isCalm) follow();
}

// Ends the writing when the pen has come to its end; returns whether it has.
function endIfDone() {
  if (!sheet?.isDone || sheet.now < availableTime()) return false;
  finishPen();
  return true;
}

function finishPen() {
  sheet.now = availableTime();
  if (sheet.strokes.length) {
    layoutDue = true;
    showPen();
  }
  nib.setAttribute("visibility", "hidden");
  thoughts.clear();
  lastFrame = null;
  byId("stop").disabled = true;
  if (sheet.report) say(sheet.report);
  showButtons();
}

function showSheet(next) {
  sheet?.group.remove();
  sheet = next;
  lastFrame = null;
  thoughts.clear();
  paper.setAttribute("aria-label", sheet.isEmpty ? "Nothing is written yet"
    : `Handwriting: ${sheet.options.text}`);
  paper.prepend(sheet.group);
  nib.setAttribute("r", 0.8 * sheet.options.pen * sheet.unitsPerMm);
  nib.setAttribute("visibility", sheet.isEmpty ? "hidden" : "visible");
  layOut(sheet);
  paper.setAttribute("viewBox", sheet.box.join(" "));
  showLook();
  showButtons();
}

function showEmptyPaper() {
  const empty = makeSheet(settings.normalization, sheetOptions(""));
  showSheet({...empty, isDone: true, isEmpty: true});
}

// Takes over the pen, the ink and the spacing, which need no writing anew.
function showLook() {
  const {options} = sheet;
  const {pen, isSmooth, color, spacing} = sheetOptions("");
  Object.assign(options, {pen, isSmooth, color, spacing});
  paper.classList.toggle("plain", !isSmooth);
  sheet.group.setAttribute("stroke-width", pen * sheet.unitsPerMm);
  paper.style.setProperty("--own-ink", color || "var(--ink)");
  forgetDrawing(sheet);
  layoutDue = true;
  if (sheet.strokes.length) wake();
}

function undo() {
  const before = undone.pop();
  if (!before) return;
  worker.tell("stop");
  number += 1; // what still comes is of no sheet
  readFragment(before.fragment);
  showSheet(before.sheet);
  history.replaceState(null, "", before.fragment);
  sheet.isDone = true;
  finishPen();
  showValues();
  say("Back to what was written before.");
}

// ------------------------------------------------------------- the controls

function say(message, isWrong = false) {
  byId("status").textContent = message;
  byId("status").classList.toggle("wrong", isWrong);
}

function showButtons() {
  const hasInk = Boolean(sheet?.strokes.length);
  for (const id of ["svg", "png", "strokes", "again"]) byId(id).disabled = !hasInk;
  byId("undo").disabled = !undone.length;
}

function showValues() {
  const speed = readNumber("speed");
  const values = {
    bias: readNumber("bias").toFixed(1),
    speed: speed >= FASTEST ? "at once" : `${2 ** speed}\u00d7`,
    pen: `${readNumber("pen")} mm`,
    width: `${readNumber("width")} mm`,
    spacing: readNumber("spacing").toFixed(1),
  };
  for (const [id, value] of Object.entries(values)) {
    document.querySelector(`output[for="${id}"]`).value = value;
    byId(id).setAttribute("aria-valuetext", value);
  }
  if (!byId("thinking").checked) thoughts.clear();
  chooseInk(inkColor());
  showText();
}

// The count of characters, and what is unknown among them: underlined, and what may
// be written for it.
function showText() {
  const text = byId("text").value;
  const characters = text.length > 4 * MOST_CHARACTERS ? text.length
    : [...text].length;
  const count = byId("count");
  count.textContent = `${characters.toLocaleString("en")} of `
    + `${MOST_CHARACTERS.toLocaleString("en")} characters`;
  count.className = characters > MOST_CHARACTERS ? "over"
    : characters > NEAR_LIMIT * MOST_CHARACTERS ? "near" : "";
  const seen = text.slice(0, MOST_CHARACTERS);
  const found = new Map();
  const pieces = [""];
  for (const character of seen) {
    const isKnown = known.alphabet.has(character) || /\s/.test(character);
    if (isKnown) {
      if (typeof pieces.at(-1) !== "string") pieces.push("");
      pieces[pieces.length - 1] += character;
      continue;
    }
    const mark = document.createElement("mark");
    mark.textContent = character;
    pieces.push(mark);
    found.set(character, known.near[character] ?? known.offered[character] ?? "");
  }
  byId("underlines").replaceChildren(...pieces, " ");
  byId("unknown").replaceChildren(...[...found].slice(0, 12).map(
    ([character, other]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = other.trim() ? `${nameOf(character)} → ${other}`
        : `leave out ${nameOf(character)}`;
      button.onclick = () => {
        byId("text").value = byId("text").value.replaceAll(character, other);
        showText();
        byId("text").focus();
      };
      return button;
    }));
}

// What a change of the controls asks for: settings of the pen are taken over at
// once, those of the hand by writing again.
function change({target}) {
  showValues();
  if (sheet.isEmpty) return;
  if (["pen", "ink", "color", "smooth", "spacing"].includes(target.id)) showLook();
  else if (["bias", "seed", "width"].includes(target.id) || target.name === "style") {
    if (lastText === byId("text").value) write();
  }
  history.replaceState(null, "", writeFragment());
}

function showStyles() {
  const every = [{name: "", text: "any, by the seed"}, ...styles];
  if (ownHand) every.push({...ownHand, name: "own"});
  const chosen = chosenStyle();
  byId("styles").replaceChildren(...every.map(({name, text, strokes}) => {
    const label = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, {type: "radio", name: "style", value: name,
      checked: name === chosen});
    const caption = document.createElement("span");
    caption.textContent = name === "own" ? `yours: ${text}` : name || text;
    label.append(input, ...(strokes ? [previewOf(strokes)] : []), caption);
    return label;
  }));
  for (const input of document.getElementsByName("style")) {
    input.addEventListener("focus", () => prepare(input.value), {once: true});
    input.addEventListener("change", () => prepare(input.value));
  }
}

// The network reads a hand before it is asked for.
function prepare(name) {
  const hand = handNamed(name);
  if (hand) worker.ask("prepare", hand);
}

function previewOf(strokes) {
  const {left, top, right, bottom} = boxOf(strokes);
  const height = bottom - top;
  const preview = makeElement("svg", {
    viewBox: [left - 20, top - 20, Math.min(right - left, 6 * height) + 40,
      height + 40].join(" "),
    preserveAspectRatio: "xMinYMid meet", "aria-hidden": "true",
    "stroke-width": height / 20,
  });
  preview.append(...strokes.map((s) => makeElement("path", {d: plainData(s)})));
  return preview;
}

// --------------------------------------------------------- a hand of one's own

function tellPad(message, isWrong = true) {
  byId("padStatus").textContent = message;
  byId("padStatus").classList.toggle("wrong", isWrong);
}

const pad = makePad(byId("pad"), tellPad);

// Makes ink and its text the style; throws an Error if they cannot be used.
async function useInk(strokes, said) {
  const {lines, unknown} = fitText(said.slice(0, 1000), known);
  if (unknown.size) {
    throw new Error(`The network cannot read ${
      [...unknown.keys()].slice(0, 8).map(nameOf).join(", ")}.`);
  }
  const fitted = fitStyle(strokes, lines.join(" "), settings);
  const hand = {
    name: `own ${performance.now()}`, text: fitted.text,
    points: offsetsOf(fitted.strokes),
  };
  const place = await worker.ask("place", hand);
  const unread = fitted.text.length - place;
  const isDoubtful = unread > Math.max(0.35 * fitted.text.length, 3);
  ownHand = {...hand, strokes: fitted.strokes};
  showStyles();
  document.querySelector('input[value="own"]').checked = true;
  prepare("own");
  const changes = fitted.changes.length
    ? ` It was ${fitted.changes.join(" and ")}, as the network has learned.` : "";
  return isDoubtful
    ? `Its text does not seem to be what the ink says: the network read ${place} of `
      + `${fitted.text.length} characters.${changes}`
    : `Your hand is taken.${changes}`;
}

async function usePad() {
  try {
    const message = await useInk(pad.strokes(), byId("padText").value);
    byId("dialog").close();
    await write();
    say(`${message} ${byId("status").textContent}`);
  } catch (error) {
    tellPad(error.message);
  }
}

// ------------------------------------------------------------------ the start

function connect() {
  byId("controls").addEventListener("submit", (event) => {
    event.preventDefault();
    write();
  });
  byId("controls").addEventListener("input", showValues);
  byId("controls").addEventListener("change", change);
  byId("text").addEventListener("scroll", () => {
    byId("underlines").scrollTop = byId("text").scrollTop;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !byId("dialog").open) stop();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)
      && !byId("dialog").open) {
      event.preventDefault();
      write();
    }
  });
  const clicks = {
    stop,
    undo,
    again() {
      byId("seed").value = (readNumber("seed") + 1) % 2 ** 32;
      write();
    },
    svg: () => download("handwriting.svg", svgFile(sheet), "image/svg+xml"),
    strokes: () =>
      download("handwriting.jsonl", strokesFile(sheet), "application/json"),
    png: async () => download("handwriting.png", await pngFile(sheet), "image/png"),
    async link() {
      history.replaceState(null, "", writeFragment());
      try {
        await navigator.clipboard.writeText(location.href);
        say("The link is copied.");
      } catch {
        say("The link is in the address bar.");
      }
    },
    own() {
      tellPad("", false);
      byId("dialog").showModal();
    },
    padUndo: pad.undo,
    padClear: pad.clear,
    padUse: usePad,
  };
  for (const [id, click] of Object.entries(clicks)) {
    byId(id).addEventListener("click", click);
  }
  addEventListener("hashchange", () => {
    if (readFragment(location.hash)) write();
    showValues();
  });
}

async function start() {
  if (innerWidth < 600) byId("width").value = 90; // millimeters
  showStyles();
  const isGiven = readFragment(location.hash);
  showValues();
  showEmptyPaper();
  connect();
  const {isCompiled} = await worker.loaded;
  byId("write").disabled = false;
  say(`Ready.${isCompiled ? "" : " This browser lacks what makes it fast."}`);
  if (isGiven) write();
}

start().catch((error) => say(`It does not work here: ${error.message}`, true));
