// What the network is thinking: the characters that its window reads, and the
// mixture from which the next point is drawn, as it is without bias.

function makeThoughts({normalization, sigmaFloor}, places) {
  const {strip, reading, mixture} = places; // elements
  let shown = null; // the line whose text is there
  let ellipses = [];
  return {
    clear() {
      shown = null;
      strip.hidden = true;
      reading.replaceChildren();
      mixture.replaceChildren();
      ellipses = [];
    },

    // Shows what was thought when an element of a line was written.
    show({line, element}, pen) {
      if (shown !== line) {
        reading.replaceChildren(...[...line.text].map((character) => {
          const span = document.createElement("span");
          span.textContent = character;
          return span;
        }));
        shown = line;
        strip.hidden = false;
      }
      const at = Math.min(element, line.windows.length - 1);
      if (at < 0) return;
      const phi = line.windows[at];
      const total = phi.reduce((sum, value) => sum + value, 0) || 1;
      [...reading.children].forEach((span, u) => {
        const percent = Math.round(100 * Math.min(1, phi[u] / total));
        span.style.setProperty("--share", `${percent}%`);
      });
      showMixture(mixtureOf(line.mixtures[at], 0, sigmaFloor), line, pen);
    },
  };

  function showMixture({weights, means, deviations, correlations}, line, pen) {
    if (!ellipses.length) {
      ellipses = Array.from(weights, () => makeElement("ellipse"));
      mixture.replaceChildren(...ellipses);
    }
    const {mean, std} = normalization;
    const turned = line.placement.angle;
    weights.forEach((weight, m) => {
      const [across, along] = [0, 1].map(
        (axis) => means[axis][m] * std[axis] + mean[axis]);
      const [a, b] = [0, 1].map((axis) => deviations[axis][m] * std[axis]);
      const {angle, major, minor} = axesOf(a * a, b * b, correlations[m] * a * b);
      const [cosine, sine] = [Math.cos(turned), Math.sin(turned)];
      const x = pen[0] + cosine * across - sine * along;
      const y = pen[1] + sine * across + cosine * along;
      ellipses[m].setAttribute("transform",
        `translate(${x} ${y}) rotate(${(angle + turned) * 180 / Math.PI})`);
      ellipses[m].setAttribute("rx", 2 * major);
      ellipses[m].setAttribute("ry", 2 * minor);
      ellipses[m].setAttribute("opacity", weight);
    });
  }
}

// The axes of an ellipse of equal density, of variances and a covariance.
function axesOf(a, b, c) {
  const middle = (a + b) / 2;
  const radius = Math.hypot((a - b) / 2, c);
  return {
    angle: Math.atan2(2 * c, a - b) / 2,
    major: Math.sqrt(middle + radius),
    minor: Math.sqrt(Math.max(middle - radius, 0)),
  };
}
