// Shows the text that was read, a symbol at a time.
//
// Each symbol is a span; with the guesses it is a column, whose rows are made when
// they come into sight.

const PIECE = 200; // symbols that are made at a time
const VISIBLE = {" ": "␣", "\n": "⏎", "\t": "⇥", "\r": "␍", "\f": "␌"};

// {element, paint(unit, property), describe(step), showGuesses(wanted)}.
function textView(element) {
  const ids = unpacked(data.text.ids, Uint32Array);
  const guesses = unpacked(data.text.guesses, Uint32Array);
  const chances = unpacked(data.text.probabilities, Uint8Array);
  const bits = unpacked(data.text.bits, Float32Array);
  const count = guesses.length / steps;
  const symbol = (id) => data.text.symbols[id];
  const visible = (id) => VISIBLE[symbol(id)] ?? symbol(id);
  const written = (id) => /^[ \t]$/.test(symbol(id)) ? symbol(id) : visible(id);
  element.className = `text ${data.text.units === "words" ? "words" : ""}`;

  const spans = [];
  const heads = []; // what is colored of each
  for (let start = 0; start < steps; start += PIECE) {
    const piece = document.createElement("span");
    piece.className = "p";
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
    head.textContent = spans[step].textContent;
    head.style.cssText = spans[step].style.cssText;
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

  const sight = new IntersectionObserver((entries) => {
    for (const {isIntersecting, target} of entries) {
      if (!isIntersecting) continue;
      sight.unobserve(target);
      const start = Number(target.dataset.start);
      for (let k = start; k < Math.min(start + PIECE, steps); k++) makeColumn(k);
    }
  }, {rootMargin: "400px"});

  return {
    element,
    paint(unit, property) {
      const own = activationsOf(unit);
      const holds = property === null ? null : valuesOf(property);
      for (let step = 0; step < steps; step++) {
        const {style} = heads[step];
        style.backgroundColor = shadeOf(onPaper, own[step]);
        style.borderBottomColor = holds?.[step] ? lineColor(holds[step] / 255) : "";
      }
    },
    showGuesses(wanted) {
      element.classList.toggle("guessing", wanted);
      sight.disconnect();
      if (wanted) {
        for (const piece of element.children) sight.observe(piece);
        return;
      }
      heads.forEach((head, step) => {
        if (head === spans[step]) return;
        spans[step].style.cssText = head.style.cssText;
        spans[step].textContent = head.textContent;
        heads[step] = spans[step];
      });
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
