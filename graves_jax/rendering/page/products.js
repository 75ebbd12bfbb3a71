// Matrix-vector products: by WebAssembly (products.wat), or in plain JavaScript.

const FLOATS_OF_PAGE = 65536 / 4; // of WebAssembly's memory

// What multiplies, and the memory [floats] in which its arrays lie.
function makeProducts(floats, module) {
  if (module) {
    const {memory, multiply} = new WebAssembly.Instance(module).exports;
    memory.grow(Math.ceil(floats / FLOATS_OF_PAGE));
    return {
      memory: new Float32Array(memory.buffer),
      multiply: (weights, rows, columns, x, out) =>
        multiply(4 * weights, rows, columns, 4 * x, 4 * out),
    };
  }
  const memory = new Float32Array(floats);
  return {memory, multiply: (...at) => multiplyPlainly(memory, ...at)};
}

// out[r] = sum over c of weights[r, c] x[c]. Arrays are given by where in the
// memory they begin; rows and columns are multiples of 4.
function multiplyPlainly(memory, weights, rows, columns, x, out) {
  for (let row = 0; row < rows; row += 4) {
    let i = weights + row * columns;
    let j = i + columns;
    let k = j + columns;
    let l = k + columns;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let at = x; at < x + columns; at++) {
      const value = memory[at];
      a += value * memory[i++];
      b += value * memory[j++];
      c += value * memory[k++];
      d += value * memory[l++];
    }
    memory[out + row] = a;
    memory[out + row + 1] = b;
    memory[out + row + 2] = c;
    memory[out + row + 3] = d;
  }
}
