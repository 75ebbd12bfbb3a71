// The pen on the screen, frame by frame, and the sheet that is shown.

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
  showFragment(before.fragment);
  sheet.isDone = true;
  finishPen();
  showValues();
  say("Back to what was written before.");
}
