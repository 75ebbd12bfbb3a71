// Text to write: its characters made ones that can be written, as
// graves_jax/sampling/transcript.py has it. `known` is {alphabet: a set, near,
// offered: by character, what is written for it}.

const MOST_CHARACTERS = 5000;
const LINE_ENDS = /\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]/;
const BYTE_ORDER_MARK = "\ufeff";

// {lines, replaced: what near characters are written for others, unknown: what
// cannot be written, and what is offered for it (null: nothing)}.
function fitText(text, {alphabet, near, offered}) {
  const replaced = new Map();
  const unknown = new Map();
  const given = text.replaceAll(BYTE_ORDER_MARK, "").replace(/[\t\x1f]/g, " ");
  const lines = given.split(LINE_ENDS).map((line) => {
    const isKnown = [...line].every((character) => alphabet.has(character));
    const composed = isKnown ? line : line.normalize("NFC");
    const fitted = [...composed].map((character) => {
      if (alphabet.has(character)) return character;
      if (Object.hasOwn(near, character)) {
        replaced.set(character, near[character]);
        return near[character];
      }
      unknown.set(character, offered[character] ?? null);
      return character;
    }).join("");
    return fitted.split(/\s+/).filter(Boolean).join(" ");
  });
  while (lines.length && !lines[0]) lines.shift();
  while (lines.length && !lines.at(-1)) lines.pop();
  return {lines, replaced, unknown};
}

// A character as it is told: in quotes, or by its number where it is not seen.
function nameOf(character) {
  if (/[\p{L}\p{N}\p{P}\p{S}]/u.test(character)) return `“${character}”`;
  const number = character.codePointAt(0).toString(16).toUpperCase();
  return `U+${number.padStart(4, "0")}`;
}
