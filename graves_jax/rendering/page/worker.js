// The worker: holds the network, and writes what the page asks for.

const MOST_AHEAD = 3000; // points that the page has not shown yet, unless told
let model = null;
let job = 0; // the number of the one that is written
let sentPoints = 0;
let shownPoints = 0;
const channel = new MessageChannel();
channel.port1.start();

// Lets messages in.
function turn() {
  return new Promise((resolve) => {
    channel.port1.addEventListener("message", resolve, {once: true});
    channel.port2.postMessage(null);
  });
}

class Stopped extends Error {}

const MOST_HANDS = 12;
const hands = new Map(); // by name, so that a prime is read once

function handOf(given) {
  if (!given) return null;
  const {name, points, text} = given;
  if (!hands.has(name)) {
    if (hands.size === MOST_HANDS) hands.delete(hands.keys().next().value);
    hands.set(name, makeHand(model, points, text));
  }
  return hands.get(name);
}

// The module; null in a browser that has no WebAssembly, or no SIMD in it.
async function compiled(bytes) {
  try {
    return await WebAssembly.compile(bytes);
  } catch {
    return null;
  }
}

const ANSWERS = {
  async load({weights, arrays, settings, wasm}) {
    const module = wasm && await compiled(decodeBase64(wasm));
    const read = readArrays(decodeBase64(weights), arrays);
    const classes = new Map(settings.alphabet.map((c, k) => [c, k + 1]));
    model = {
      ...settings,
      turn,
      network: makeNetwork(read, module),
      encode: (text) => [...text].map((c) => classes.get(c) ?? 0),
    };
    return {isCompiled: Boolean(module)};
  },

  read: ({elements, text}) => readElements(model, elements, text),

  // Reads a hand before it is needed, so that its first stroke does not wait.
  prepare: (hand) => readPrime(model, handOf(hand)),

  // How a hand's ink is read: where the window is after it (style_check.py).
  place({points, text}) {
    const {elements} = makeHand(model, points, text);
    return readElements(model, elements, `${text.trimEnd()} `).place;
  },

  async write(options) {
    job = options.number;
    sentPoints = shownPoints = 0;
    const {number, mostAhead = MOST_AHEAD} = options;
    let kept = 0; // points of the lines that are ended
    const post = (message) => {
      // A line that is begun anew leaves the sheet, and so does what is cut off.
      if (message.kind === "line") sentPoints = kept;
      if (message.kind === "ended") sentPoints = kept += message.length;
      sentPoints += (message.points?.length ?? 0) / 3;
      self.postMessage({...message, number});
    };
    const pause = async () => {
      do {
        await turn();
        if (job !== number) throw new Stopped();
      } while (sentPoints - shownPoints > mostAhead
        && await new Promise((resolve) => { setTimeout(resolve, 20, true); }));
    };
    try {
      await writeText(model, {...options, hand: handOf(options.hand)}, post, pause);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      return {isStopped: true};
    }
    return {isStopped: false};
  },
};

self.onmessage = async ({data: {kind, id, options}}) => {
  if (kind === "stop") job = 0;
  else if (kind === "shown") shownPoints = options;
  else {
    try {
      self.postMessage({id, answer: await ANSWERS[kind](options)});
    } catch (error) {
      self.postMessage({id, error: String(error?.message ?? error)});
    }
  }
};
