// Paper to write a line of one's own on, with mouse, finger or pen.

const MOST_PAD_POINTS = 20_000;
const PAD_UNITS = 900; // the pad's width
const LEAST_PAD_HEIGHT = 240;
const PAD_PIXELS = 150; // its height at least, for a finger

function makePad(svg, tell) {
  const ink = svg.querySelector("g");
  const line = svg.querySelector("path"); // to write on
  let strokes = [];
  let drawing = null; // the number of the pointer that is down
  const count = () => strokes.reduce((sum, stroke) => sum + stroke.length, 0);
  const show = () => ink.replaceChildren(
    ...strokes.map((stroke) => makeElement("path", {d: plainData(stroke)})));
  const add = (event) => {
    const units = svg.getScreenCTM().inverse();
    const events = event.getCoalescedEvents?.() ?? [];
    for (const {clientX, clientY} of events.length ? events : [event]) {
      const {x, y} = new DOMPoint(clientX, clientY).matrixTransform(units);
      const point = [x, y];
      const last = strokes.at(-1).at(-1);
      if (!last || wayOf(last, point) > 0) strokes.at(-1).push(point);
    }
    const path = ink.lastChild;
    path.setAttribute("d", plainData(strokes.at(-1)));
  };
  svg.addEventListener("pointerdown", (event) => {
    if (drawing !== null || event.button !== 0) return;
    if (count() >= MOST_PAD_POINTS) {
      tell("The paper is full: a style takes no more ink than this.");
      return;
    }
    event.preventDefault();
    drawing = event.pointerId;
    svg.setPointerCapture(drawing);
    strokes.push([]);
    ink.append(makeElement("path"));
    add(event);
  });
  svg.addEventListener("pointermove", (event) => {
    if (event.pointerId === drawing && count() < MOST_PAD_POINTS) add(event);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    svg.addEventListener(name, (event) => {
      if (event.pointerId === drawing) drawing = null;
    });
  }
  return {
    strokes: () => strokes,
    // Makes the paper high enough, unless there is ink on it.
    fit() {
      if (strokes.length) return;
      const pixels = svg.getBoundingClientRect().width;
      const height = Math.max(LEAST_PAD_HEIGHT, PAD_PIXELS * PAD_UNITS / pixels);
      svg.setAttribute("viewBox", `0 0 ${PAD_UNITS} ${height}`);
      line.setAttribute("d", `M20 ${2 / 3 * height}H880`);
    },
    undo() {
      strokes.pop();
      show();
    },
    clear() {
      strokes = [];
      show();
    },
  };
}
