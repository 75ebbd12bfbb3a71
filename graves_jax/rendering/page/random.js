// Random numbers of a seed: Chris Doty-Humphrey's sfc32 generator, seeded with
// three whole numbers, the same in every browser.
function makeRandom(seed, attempt, line) {
  let a = seed >>> 0;
  let b = attempt >>> 0;
  let c = line >>> 0;
  let counter = 1;
  const next = () => {
    const sum = (((a + b) >>> 0) + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = ((c << 21) | (c >>> 11)) >>> 0;
    c = (c + sum) >>> 0;
    return sum;
  };
  for (let i = 0; i < 16; i++) next();
  return () => (next() + 0.5) / 2 ** 32; // above 0 and below 1
}
