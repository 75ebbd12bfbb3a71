// The list of properties, each with the units that follow it best.

const RANKS = 10;

function barOf(r) {
  const bar = document.createElement("span");
  bar.className = "bar";
  const filled = document.createElement("i");
  filled.className = r < 0 ? "minus" : "";
  filled.style.width = `${100 * Math.abs(r)}%`;
  bar.append(filled);
  return bar;
}

function figureOf(r) {
  const figure = document.createElement("span");
  figure.className = "r";
  figure.textContent = signed(r);
  return figure;
}

// Fills the list. `choose(property, rank)` is called with what is clicked on.
// Returns what marks the property and the unit that are shown.
function makeRanking(element, choose) {
  const buttons = new Map();
  for (const property of [...followed].sort((a, b) => bestOf(b) - bestOf(a))) {
    const button = document.createElement("button");
    button.type = "button";
    const r = data.r[property][ranked(property)[0]];
    button.append(data.names[property], figureOf(r), barOf(r));
    button.addEventListener("click", () => choose(property, 0));
    buttons.set(property, button);
    element.append(button);
  }
  for (const [property, name] of data.names.entries()) {
    if (data.r[property] !== null) continue;
    const button = document.createElement("button");
    button.disabled = true;
    button.append(`${name}: too seldom here`);
    element.append(button);
  }
  const ranks = document.createElement("div");
  ranks.className = "ranks";

  return (property, unit) => {
    ranks.remove();
    for (const [own, button] of buttons) {
      button.setAttribute("aria-expanded", own === property);
    }
    if (property === null) return;
    ranks.replaceChildren(...ranked(property).slice(0, RANKS).map((other, rank) => {
      const button = document.createElement("button");
      button.type = "button";
      if (other === unit) button.setAttribute("aria-current", "true");
      button.append(nameOf(other), figureOf(data.r[property][other]));
      button.addEventListener("click", () => choose(property, rank));
      return button;
    }));
    buttons.get(property).after(ranks);
  };
}

const bestOf = (property) => Math.max(...data.r[property].map(Math.abs));
