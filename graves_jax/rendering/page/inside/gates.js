// The table of gates, layer by layer.

const middle = (numbers, share) =>
  [...numbers].sort((a, b) => a - b)[Math.min(
    Math.floor(share * numbers.length), numbers.length - 1)];
const mean = (numbers) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
const percent = (share) => `${(100 * share).toFixed(0)} %`;
const inSteps = (n) => n < 100 ? n.toFixed(1) : Math.round(n).toLocaleString("en");

function rowOf(kind, cells) {
  const row = document.createElement("tr");
  row.append(...cells.map((text, k) => {
    const cell = document.createElement(k ? kind : "th");
    cell.textContent = text;
    return cell;
  }));
  return row;
}

function showGates() {
  if (!data.gates) return;
  const {kinds, open, shut, memory} = data.gates;
  byId("gates").hidden = false;
  const titles = kinds.flatMap((kind) => [`${kind}: open`, "shut"]);
  document.querySelector("#gates thead").append(
    rowOf("th", ["", ...titles, "memory, steps", "longest tenth from"]));
  let start = 0;
  data.layers.forEach((width, k) => {
    const own = (numbers) => numbers.slice(start, start + width);
    const shares = kinds.flatMap((_, gate) =>
      [open, shut].map((of) => percent(mean(own(of[gate])))));
    document.querySelector("#gates tbody").append(rowOf("td", [
      `layer ${k + 1}`, ...shares, inSteps(middle(own(memory), 0.5)),
      inSteps(middle(own(memory), 0.9))]));
    start += width;
  });
}

// What a unit's own gates do, in short; empty where there are none.
function gatesOf(unit) {
  if (!data.gates) return "";
  const {kinds, open, shut, memory} = data.gates;
  const forget = kinds.indexOf("forget");
  return `; forget gate open ${percent(open[forget][unit])} and shut `
    + `${percent(shut[forget][unit])} of the time, remembers `
    + `${inSteps(memory[unit])} steps`;
}
