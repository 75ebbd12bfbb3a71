// The weights that lie in the page, as the network multiplies them.

// Bytes of base64.
function decodeBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

// The arrays of a file of them, by name: {rows, columns, values}. Those of
// 8-bit integers have one scale a row, which follows them in the file.
function readArrays(bytes, listed) {
  const arrays = {};
  let at = 0;
  const take = (Type, count) => {
    const size = count * Type.BYTES_PER_ELEMENT;
    const values = new Type(bytes.slice(at, at + size).buffer);
    at += size;
    return values;
  };
  for (const {name, rows, columns, type} of listed) {
    let values;
    if (type === "int8") {
      const whole = take(Int8Array, rows * columns);
      const scales = take(Float32Array, rows);
      values = Float32Array.from(
        whole, (value, i) => value * scales[Math.floor(i / columns)]);
    } else {
      values = take(Float32Array, rows * columns);
    }
    arrays[name] = {rows, columns, values};
  }
  return arrays;
}

const padded = (count) => 4 * Math.ceil(count / 4);

// Places matrices [rows, columns] side by side into the memory at `start`, each
// row padded to a multiple of 4 numbers.
function placeMatrix(memory, start, matrices) {
  const width = matrices.reduce((sum, {columns}) => sum + columns, 0);
  for (let row = 0; row < matrices[0].rows; row++) {
    let at = start + row * padded(width);
    for (const {columns, values} of matrices) {
      memory.set(values.subarray(row * columns, (row + 1) * columns), at);
      at += columns;
    }
  }
}
