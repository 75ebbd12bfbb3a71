// The controls: what they show, and what a change of them asks for.

let shownText = null;

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
// be written for it. What is shown for the same text stays: a visitor who leaves the
// text for a button finds it where it was.
function showText() {
  const text = byId("text").value;
  if (text === shownText) return;
  shownText = text;
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
  byId("underlines").replaceChildren(...pieces, text.slice(seen.length), " ");
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
  showFragment(writeFragment());
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
