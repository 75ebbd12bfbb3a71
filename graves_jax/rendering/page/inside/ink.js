// Shows the lines that were read, a pen's move at a time.

// {element, paint(unit, property), describe(step), showGuesses(wanted)}.
function inkView(element) {
  element.className = "ink";
  const parts = [];
  const letters = [];
  for (const {text, points, places} of data.ink.lines) {
    const figure = document.createElement("figure");
    const xs = points.map(([x]) => x);
    const ys = points.map(([, y]) => y);
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    const height = Math.max(...ys) - top;
    const edge = height / 8;
    const svg = makeElement("svg", {
      viewBox: [left - edge, top - edge, Math.max(...xs) - left + 2 * edge,
        height + 2 * edge].join(" "),
      "stroke-width": height / 28, role: "img", "aria-label": text || "a written line",
    });
    // Point 0 is where the pen begins; the elements are the points after it.
    for (let k = 1; k < points.length; k++) {
      const [x, y] = points[k];
      const [fromX, fromY] = points[k - 1][2] ? points[k] : points[k - 1];
      const path = makeElement("path", {d: `M${fromX} ${fromY}L${x} ${y}`});
      path.dataset.step = parts.length;
      letters.push(places ? text[places[k - 1]] : "");
      parts.push(path);
      svg.append(path);
    }
    const caption = document.createElement("figcaption");
    caption.textContent = text;
    figure.append(svg, caption);
    element.append(figure);
  }
  return {
    element,
    paint(unit) {
      const own = activationsOf(unit);
      parts.forEach((path, step) => {
        path.style.stroke = shadeOf(onInk, own[step]);
      });
    },
    showGuesses() {},
    describe(step) {
      const letter = letters[step];
      return `point ${(step + 1).toLocaleString("en")}`
        + (letter ? `, written while it read ${visibleOf(letter)}` : "");
    },
  };
}
