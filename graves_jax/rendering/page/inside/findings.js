// What was found out about a network's units, as Python put it into the page.
//
// Numbers of units count through all layers; steps are those that are kept.

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);

function unpacked(text, kind) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let k = 0; k < bytes.length; k++) bytes[k] = characters.charCodeAt(k);
  return new kind(bytes.buffer);
}

const units = data.layers.reduce((sum, n) => sum + n, 0);
const activations = unpacked(data.activations, Int8Array); // 127 is 1; unit by unit
const values = unpacked(data.values, Uint8Array); // 255 is the largest; by property
const steps = activations.length / units;

const activationsOf = (unit) => activations.subarray(unit * steps, (unit + 1) * steps);
const valuesOf = (property) => values.subarray(property * steps, (property + 1) * steps);

// The layer of a unit, and its number there; both count from 1.
function placeOf(unit) {
  let layer = 0;
  while (unit >= data.layers[layer]) {
    unit -= data.layers[layer];
    layer += 1;
  }
  return {layer: layer + 1, number: unit + 1};
}

function nameOf(unit) {
  const {layer, number} = placeOf(unit);
  return `layer ${layer} · ${number}`;
}

// All units, those first that follow a property best; null: by their numbers.
function ranked(property) {
  const all = Array.from({length: units}, (_, unit) => unit);
  if (property === null) return all;
  const r = data.r[property];
  return all.sort((a, b) => Math.abs(r[b]) - Math.abs(r[a]) || a - b);
}

// The properties, by number, that units follow; those that hardly changed do not count.
const followed = data.names.map((_, k) => k).filter((k) => data.r[k] !== null);
const signed = (r) => `${r < 0 ? "−" : "+"}${Math.abs(r).toFixed(2)}`;
