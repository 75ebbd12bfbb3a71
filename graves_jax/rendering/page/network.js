// The synthesis network's step (Section 5 of Graves, 2013), as
// graves_jax/networks/synthesis.py has it: one pen element in, the mixture's
// raw parameters and the window out. Equation numbers are the paper's.

const RAW_WINDOW_LIMIT = 10; // exp(10) characters a step are more than any text

// Builds the network of `arrays` (weights.js): layers "inputs 1", "recurrent 1",
// "peephole 1", "bias 1", ..., "window", "window bias", "output", "output bias".
function makeNetwork(arrays, module) {
  const layers = [];
  for (let n = 1; arrays[`inputs ${n}`]; n++) {
    const inputs = arrays[`inputs ${n}`];
    const recurrent = arrays[`recurrent ${n}`];
    layers.push({
      matrices: [inputs, recurrent],
      units: recurrent.columns,
      width: inputs.columns + recurrent.columns,
      peephole: arrays[`peephole ${n}`].values,
      bias: arrays[`bias ${n}`].values,
    });
  }
  const heads = {};
  for (const name of ["window", "output"]) {
    const matrix = arrays[name];
    heads[name] = {
      matrices: [matrix],
      width: matrix.columns,
      bias: arrays[`${name} bias`].values,
    };
  }
  const parts = [...layers, heads.window, heads.output];
  let floats = 0;
  for (const part of parts) {
    part.rows = padded(part.matrices[0].rows);
    part.columns = padded(part.width);
    part.weights = floats;
    part.x = part.weights + part.rows * part.columns; // what is multiplied
    part.net = part.x + part.columns; // the product
    floats = part.net + part.rows;
  }
  const {memory, multiply} = makeProducts(floats, module);
  for (const part of parts) {
    const {matrices, weights, rows, columns, x, net} = part;
    placeMatrix(memory, weights, matrices);
    part.product = () => multiply(weights, rows, columns, x, net);
    part.matrices = null; // they are in the memory now
  }
  return {
    memory,
    layers,
    ...heads,
    classes: layers[0].width - layers[0].units - 3,
    windows: heads.window.bias.length / 3,
  };
}

// Nothing written, the window before the first character.
function initialState(network) {
  return {
    cells: network.layers.map(({units}) => new Float32Array(units)),
    outputs: network.layers.map(({units}) => new Float32Array(units)),
    window: new Float32Array(network.classes),
    kappa: new Float32Array(network.windows),
  };
}

function copyState({cells, outputs, window, kappa}) {
  return {
    cells: cells.map((cell) => cell.slice()),
    outputs: outputs.map((output) => output.slice()),
    window: window.slice(),
    kappa: kappa.slice(),
  };
}

// Advances `state`, which is changed, by one element. `text` holds classes, `phi`
// [U + 1] and `raw` [6M + 1] take what comes out.
function step(network, state, element, text, phi, raw) {
  const {memory, layers, output} = network;
  advanceLayer(network, state, 0, element); // Eq. (52): sees the last window
  advanceWindow(network, state, text, phi);
  let at = output.x;
  for (let n = 0; n < layers.length; n++) {
    if (n > 0) advanceLayer(network, state, n, element); // Eq. (53)
    memory.set(state.outputs[n], at);
    at += layers[n].units;
  }
  output.product();
  for (let k = 0; k < raw.length; k++) {
    raw[k] = memory[output.net + k] + output.bias[k]; // Eq. (3)
  }
}

function advanceLayer({memory, layers}, state, n, element) {
  const {x, net, units, peephole, bias, product} = layers[n];
  const cell = state.cells[n];
  const out = state.outputs[n];
  let at = x;
  const parts = [element, state.window, ...(n ? [state.outputs[n - 1]] : []), out];
  for (const part of parts) {
    memory.set(part, at);
    at += part.length;
  }
  product();
  for (let i = 0, f = units, c = 2 * units, o = 3 * units; i < units;
    i++, f++, c++, o++) {
    const before = cell[i];
    const input = sigmoid(memory[net + i] + bias[i] + peephole[i] * before);
    const forget = sigmoid(memory[net + f] + bias[f] + peephole[f] * before);
    const candidate = Math.tanh(memory[net + c] + bias[c]);
    cell[i] = forget * before + input * candidate; // Eq. (9)
    const open = sigmoid(memory[net + o] + bias[o] + peephole[c] * cell[i]);
    out[i] = open * Math.tanh(cell[i]); // Eq. (11)
  }
}

// Eqs. (46)-(51).
function advanceWindow({memory, window, windows}, state, text, phi) {
  memory.set(state.outputs[0], window.x);
  window.product();
  const exponential = (k) =>
    Math.exp(Math.min(memory[window.net + k] + window.bias[k], RAW_WINDOW_LIMIT));
  phi.fill(0);
  for (let k = 0; k < windows; k++) {
    const alpha = exponential(k);
    const beta = exponential(windows + k);
    state.kappa[k] += exponential(2 * windows + k);
    for (let u = 0; u < phi.length; u++) {
      phi[u] += alpha * Math.exp(-beta * (state.kappa[k] - u - 1) ** 2);
    }
  }
  state.window.fill(0);
  for (let u = 0; u < text.length; u++) state.window[text[u]] += phi[u];
}
