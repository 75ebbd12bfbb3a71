// Goes through the units: by the slider, by the keys, or by what they follow.

const MOST_FOLLOWED = 3; // properties that are named of a unit

const view = (data.text ? textView : inkView)(byId("shown"));
let property = null; // whose order it is; null: by number
let order = ranked(null);
let rank = 0;
let drawing = false;

function choose(chosen, at) {
  property = chosen;
  order = ranked(property);
  rank = at;
  byId("order").value = property ?? "";
  byId("slider").value = rank;
  show();
}

function go(ranks) {
  rank = Math.min(Math.max(rank + ranks, 0), units - 1);
  byId("slider").value = rank;
  show();
}

// At most once a frame, however fast the keys come.
function show() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    const unit = order[rank];
    view.paint(unit, byId("underlined").checked ? property : null);
    byId("unit").value = nameOf(unit);
    byId("slider").setAttribute("aria-valuetext", nameOf(unit));
    const best = [...followed].sort((a, b) =>
      Math.abs(data.r[b][unit]) - Math.abs(data.r[a][unit])).slice(0, MOST_FOLLOWED);
    const parts = best.map((k) => {
      const figure = document.createElement("b");
      figure.textContent = signed(data.r[k][unit]);
      return [`${data.names[k]} `, figure];
    });
    byId("follows").replaceChildren(
      "Follows ", ...parts.flatMap((part, k) => k ? [", ", ...part] : part));
    byId("own").textContent = gatesOf(unit);
    mark(property, unit);
  });
}

function describe(event) {
  const target = event.target.closest?.("[data-step]");
  if (!target) return;
  const step = Number(target.dataset.step);
  const own = activationsOf(order[rank])[step] / SHADES;
  byId("here").textContent = `${view.describe(step)}; unit at ${signed(own)}`;
}

const mark = makeRanking(byId("properties"), choose);
byId("slider").max = units - 1;
byId("order").append(...followed.map((k) => {
  const option = document.createElement("option");
  option.value = k;
  option.textContent = `by how they follow: ${data.names[k]}`;
  return option;
}));
byId("guessing").hidden = !data.text;
byId("underlined").parentElement.hidden = !data.text;

byId("slider").addEventListener("input", () => {
  rank = byId("slider").valueAsNumber;
  show();
});
byId("order").addEventListener("change", ({target}) =>
  choose(target.value === "" ? null : Number(target.value), 0));
byId("guesses").addEventListener("change", ({target}) => {
  view.showGuesses(target.checked);
  show();
});
byId("underlined").addEventListener("change", show);
byId("before").addEventListener("click", () => go(-1));
byId("after").addEventListener("click", () => go(1));
document.addEventListener("keydown", (event) => {
  const isOwn = event.target === byId("slider") || event.target === byId("order");
  const ranks = {ArrowLeft: -1, ArrowRight: 1}[event.key];
  if (!ranks || isOwn || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  go(ranks);
});
for (const kind of ["pointerover", "click"]) view.element.addEventListener(kind, describe);

showGates();
const best = [...followed].sort((a, b) => bestOf(b) - bestOf(a))[0];
choose(best ?? null, 0);
