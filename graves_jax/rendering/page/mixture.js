// The mixture of bivariate Gaussians and the pen bit (Section 4), as
// graves_jax/distributions/bivariate_mixture.py has it.

const RAW_CORRELATION_LIMIT = 6;

// The mixture that raw outputs stand for, Eqs. (18)-(22), (61)-(62).
function mixtureOf(raw, bias, sigmaFloor) {
  const count = (raw.length - 1) / 6;
  const part = (number) => raw.subarray(1 + number * count, 1 + (number + 1) * count);
  const deviations = (number) => Float64Array.from(part(number), (value) =>
    Math.exp(Math.max(value, Math.log(sigmaFloor)) - bias)); // Eq. (61)
  const logits = Float64Array.from(part(0), (value) => value * (1 + bias)); // (62)
  const largest = Math.max(...logits);
  const weights = logits.map((value) => Math.exp(value - largest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return {
    endOfStroke: sigmoid(-raw[0]), // Eq. (18)
    weights: weights.map((weight) => weight / sum),
    means: [part(1), part(2)],
    deviations: [deviations(3), deviations(4)],
    correlations: Float64Array.from(part(5), (value) => Math.tanh(
      Math.min(Math.max(value, -RAW_CORRELATION_LIMIT), RAW_CORRELATION_LIMIT))),
  };
}

// Draws an element (dx, dy, end of stroke) with four random numbers: the
// component, two normal deviates (Box and Muller), the pen.
function drawElement(mixture, random) {
  const {weights, means, deviations, correlations} = mixture;
  const chance = random();
  let chosen = 0;
  let reached = weights[0];
  while (chance >= reached && chosen < weights.length - 1) {
    chosen += 1;
    reached += weights[chosen];
  }
  const radius = Math.sqrt(-2 * Math.log(random()));
  const angle = 2 * Math.PI * random();
  const first = radius * Math.cos(angle);
  const rho = correlations[chosen];
  const second = rho * first
    + Math.sqrt(1 - rho * rho) * radius * Math.sin(angle);
  return [
    means[0][chosen] + deviations[0][chosen] * first,
    means[1][chosen] + deviations[1][chosen] * second,
    random() < mixture.endOfStroke ? 1 : 0,
  ];
}
