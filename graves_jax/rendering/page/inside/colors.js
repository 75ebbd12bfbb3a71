// The colors of activations, of guesses and of properties.

const SHADES = 127;
const mixed = (color, share, other) =>
  `color-mix(in srgb, var(${color}) ${(100 * share).toFixed(1)}%, ${other})`;

// A color for each of the numbers from -127 to 127, on a background.
function shadesOn(background) {
  return Array.from({length: 2 * SHADES + 1}, (_, k) => {
    const value = (k - SHADES) / SHADES;
    return mixed(value < 0 ? "--minus" : "--plus", Math.abs(value), background);
  });
}

const onPaper = shadesOn("transparent");
const onInk = shadesOn("var(--faint)");
const shadeOf = (shades, number) => shades[Math.max(number, -SHADES) + SHADES];
const guessColor = (share) => mixed("--guess", 0.85 * share ** 0.75, "transparent");
const lineColor = (share) => mixed("--ink", share, "transparent");
