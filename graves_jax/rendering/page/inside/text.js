// Shows the text that was read, a symbol at a time.
//
// Each symbol is a span; with the guesses it is a column. Only what is in sight is
// colored, and has its rows made, so that long texts are no slower than short ones.

const PIECE = 200; // symbols that come into sight together
const VISIBLE = {" ": "␣", "\n": "⏎", "\t": "⇥", "\r": "␍", "\f": "␌"};
// Characters of control, and those that change the direction or have no width.
const HIDDEN =
  /[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const codeOf = (character) =>
  `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
const visibleOf = (symbol) => VISIBLE[symbol] ?? symbol.replace(HIDDEN, codeOf);

// {element, paint(unit, property), describe(step), showGuesses(wanted)}.
function textView(element) {
  const ids = unpacked(data.text.ids, Uint32Array);
  const guesses = unpacked(data.text.guesses, Uint32Array);
  const chances = unpacked(data.text.probabilities, Uint8Array);
  const bits = unpacked(data.text.bits, Float32Array);
  const count = guesses.length / steps;
  const symbol = (id) => data.text.symbols[id];
  const visible = (id) => visibleOf(symbol(id));
  const written = (id) => /^[ \t]$/.test(symbol(id)) ? symbol(id) : visible(id);
  element.className = `text ${data.text.units === "words" ? "words" : ""}`;

  const spans = [];
  const heads = []; // what is colored of each
  for (let start = 0; start < steps; start += PIECE) {
    const piece = document.createElement("span");
    piece.dataset.start = start;
    for (let step = start; step < Math.min(start + PIECE, steps); step++) {
      const span = document.createElement("span");
      span.className = symbol(ids[step]) === "\n" ? "s end" : "s";
      span.dataset.step = step;
      span.textContent = written(ids[step]);
      spans.push(span);
      heads.push(span);
      piece.append(span);
      if (symbol(ids[step]) === "\n") piece.append(document.createElement("br"));
    }
    element.append(piece);
  }

  function makeColumn(step) {
    const head = document.createElement("b");
    head.textContent = written(ids[step]);
    const rows = Array.from({length: count}, (_, k) => {
      const row = document.createElement("i");
      const guess = guesses[step * count + k];
      row.textContent = visible(guess);
      row.style.background = guessColor(chances[step * count + k] / 255);
      row.classList.toggle("true", step + 1 < steps && guess === ids[step + 1]);
      return row;
    });
    spans[step].replaceChildren(head, ...rows);
    heads[step] = head;
  }

  function unmakeColumn(step) {
    if (heads[step] === spans[step]) return;
    spans[step].replaceChildren(written(ids[step]));
    heads[step] = spans[step];
  }

  let isGuessing = false;
  let colored = () => {};
  const inSight = new Set(); // the first steps of pieces

  function refresh(start) {
    for (let step = start; step < Math.min(start + PIECE, steps); step++) {
      if (isGuessing && heads[step] === spans[step]) makeColumn(step);
      colored(step, heads[step].style);
    }
  }

  const sight = new IntersectionObserver((entries) => {
    for (const {isIntersecting, target} of entries) {
      const start = Number(target.dataset.start);
      if (isIntersecting) {
        inSight.add(start);
        refresh(start);
      } else {
        inSight.delete(start);
      }
    }
  }, {rootMargin: "400px"});
  for (const piece of element.children) sight.observe(piece);

  return {
    element,
    paint(unit, property) {
      const own = activationsOf(unit);
      const holds = property === null ? null : valuesOf(property);
      colored = (step, style) => {
        style.backgroundColor = shadeOf(onPaper, own[step]);
        style.borderBottomColor = holds?.[step] ? lineColor(holds[step] / 255) : "";
      };
      inSight.forEach(refresh);
    },
    showGuesses(wanted) {
      isGuessing = wanted;
      element.classList.toggle("guessing", wanted);
      if (!wanted) spans.forEach((_, step) => unmakeColumn(step));
      inSight.forEach(refresh);
    },
    describe(step) {
      const likely = Array.from({length: count}, (_, k) => {
        const share = chances[step * count + k] / 255;
        return `${visible(guesses[step * count + k])} ${(100 * share).toFixed(0)} %`;
      });
      return `${(step + 1).toLocaleString("en")}: ${visible(ids[step])} cost `
        + `${bits[step].toFixed(2)} bits; next: ${likely.join(", ")}`;
    },
  };
}
