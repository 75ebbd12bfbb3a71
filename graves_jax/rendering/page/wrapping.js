// Lines that fit the paper: how many words a hand writes on so much of it.

// How wide characters are beside the average of English text; our choice.
const WIDTHS = [["ijlrtf .,:;'!()[]1", 0.75], ["mwMWGOQD&", 1.6],
  ["ABCEFHKLNPRSTUVXYZ", 1.4]];
const USUAL_WIDTH = 1.15; // of all others

function widthOf(text) {
  let width = 0;
  for (const character of text) {
    const kind = WIDTHS.find(([characters]) => characters.includes(character));
    width += kind ? kind[1] : USUAL_WIDTH;
  }
  return width;
}

// The words of a paragraph; those wider than `most` are broken.
function wordsOf(paragraph, most) {
  return paragraph.split(" ").filter(Boolean).flatMap((word) => {
    const parts = [""];
    for (const character of word) {
      const longer = parts.at(-1) + character;
      if (parts.at(-1) && widthOf(longer) > most) parts.push(character);
      else parts[parts.length - 1] = longer;
    }
    return parts;
  });
}

// How many of the words are at most so wide; at least one.
function wordsThatFit(words, most) {
  let count = 1;
  while (count < words.length
    && widthOf(words.slice(0, count + 1).join(" ")) <= most) count += 1;
  return count;
}
