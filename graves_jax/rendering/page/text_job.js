// Writes a text of many lines: in one hand, wrapped by the width of its ink.

const ATTEMPTS = 3; // of a line that does not come out finished
const SHORTENINGS = 3; // of a line that came out wider than the paper
const ENOUGH_OF_A_HAND = 25; // characters that show it well
const LEAST_OF_A_HAND = 8; // below which widths are not learned from
const TOLERANCE = 1.04; // ink may reach so far into the margin

// Writes job = {paragraphs, seed, bias, hand: one of makeHand's or null, width: of
// the paper, in pen units, stop}. `post` tells of lines, points and ends.
async function writeText(model, job, post, pause) {
  const {paragraphs, seed, bias, stop} = job;
  let hand = job.hand ?? NO_HAND;
  let shown = job.hand ? Infinity : 0; // characters of the hand
  let advance = model.normalization.mean[0] * model.pointsPerCharacter;
  const measured = {ink: 0, usual: 0};
  let line = 0;
  for (const paragraph of paragraphs) {
    const room = () => job.width / advance;
    let words = wordsOf(paragraph, room());
    if (!words.length) {
      post({kind: "line", line, text: ""});
      post({kind: "ended", line, length: 0, isFinished: true});
      line += 1;
    }
    while (words.length) {
      let count = wordsThatFit(words, room());
      let written;
      let text;
      for (let shorter = 0; ; shorter++) {
        text = words.slice(0, count).join(" ");
        written = await writeFinished(
          model, {line, text, hand, seed, bias, stop}, post, pause);
        const isWide = written.width > TOLERANCE * job.width;
        if (!isWide || count === 1 || shorter === SHORTENINGS) break;
        const fitting = Math.floor(count * job.width / written.width);
        count = Math.max(1, Math.min(count - 1, fitting));
      }
      const {length, isFinished, points} = written;
      post({kind: "ended", line, length, isFinished});
      line += 1;
      words = words.slice(count);
      if (!isFinished) continue;
      if (text.length >= LEAST_OF_A_HAND) {
        measured.ink += written.width;
        measured.usual += widthOf(text);
        advance = measured.ink / measured.usual;
      }
      if (shown < ENOUGH_OF_A_HAND && text.length > shown) {
        hand = makeHand(model, points, text);
        shown = text.length;
      }
    }
  }
}

// Writes a line until it comes out finished, or the attempts are used up.
async function writeFinished(model, options, post, pause) {
  const {line, text, seed} = options;
  let written;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const points = [];
    const sendings = makeSendings(line, post);
    post({kind: "line", line, text, attempt});
    const random = makeRandom(seed, attempt, line);
    const result = await writeLine(model, {...options, random},
      (element, phi, raw) => {
        points.push(...element);
        sendings.add(element, phi, raw);
      },
      async () => {
        if (sendings.isDue()) sendings.send();
        await pause();
      });
    sendings.send();
    points.length = 3 * result.length;
    if (points.length) points[points.length - 1] = 1; // the pen is lifted
    written = {...result, points, width: widthOfInk(points)};
    if (result.isFinished) break;
  }
  return written;
}

// Collects points, to send some at once.
function makeSendings(line, post) {
  let points = [];
  let windows = [];
  let mixtures = [];
  let sent = performance.now();
  return {
    isDue: () => performance.now() - sent > 30,
    add(element, phi, raw) {
      points.push(...element);
      windows.push(phi.slice());
      mixtures.push(raw.slice());
    },
    send() {
      sent = performance.now();
      if (!points.length) return;
      post({kind: "points", line, points, windows, mixtures});
      points = [];
      windows = [];
      mixtures = [];
    },
  };
}

function widthOfInk(points) {
  let x = 0;
  let left = 0;
  let right = 0;
  for (let i = 0; i < points.length; i += 3) {
    x += points[i];
    left = Math.min(left, x);
    right = Math.max(right, x);
  }
  return right - left;
}
