// A hand of one's own, drawn on the pad.

function tellPad(message, isWrong = true) {
  byId("padStatus").textContent = message;
  byId("padStatus").classList.toggle("wrong", isWrong);
}

const pad = makePad(byId("pad"), tellPad);

// Makes ink and its text the style; throws an Error if they cannot be used.
async function useInk(strokes, said) {
  const {lines, unknown} = fitText(said.slice(0, 1000), known);
  if (unknown.size) {
    throw new Error(`The network cannot read ${
      [...unknown.keys()].slice(0, 8).map(nameOf).join(", ")}.`);
  }
  const fitted = fitStyle(strokes, lines.join(" "), settings);
  const hand = {
    name: `own ${performance.now()}`, text: fitted.text,
    points: offsetsOf(fitted.strokes),
  };
  const place = await worker.ask("place", hand);
  const unread = fitted.text.length - place;
  const isDoubtful = unread > Math.max(0.35 * fitted.text.length, 3);
  ownHand = {...hand, strokes: fitted.strokes};
  showStyles();
  document.querySelector('input[value="own"]').checked = true;
  prepare("own");
  const changes = fitted.changes.length
    ? ` It was ${fitted.changes.join(" and ")}, as the network has learned.` : "";
  return isDoubtful
    ? `Its text does not seem to be what the ink says: the network read ${place} of `
      + `${fitted.text.length} characters.${changes}`
    : `Your hand is taken.${changes}`;
}

async function usePad() {
  let message;
  try {
    message = await useInk(pad.strokes(), byId("padText").value);
  } catch (error) {
    tellPad(error.message);
    return;
  }
  byId("dialog").close();
  await write(`${message} `);
}
