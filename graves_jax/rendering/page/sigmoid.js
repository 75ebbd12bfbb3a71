// The logistic function.
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
