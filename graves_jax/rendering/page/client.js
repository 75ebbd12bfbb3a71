// What the page was made with, and the worker that it talks to.

const {settings, arrays, wasm, styles} = JSON.parse(byId("data").textContent);
const known = {
  alphabet: new Set(settings.alphabet),
  near: settings.near,
  offered: settings.offered,
};
const MOST_UNDONE = 20;
const FASTEST = 4; // of the speed: as fast as it is written
const NEAR_LIMIT = 0.9;
const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;

// Whatever fails is told.
const tellError = ({message}) => say(`It does not work here: ${message}`, true);
addEventListener("error", tellError);
addEventListener("unhandledrejection", ({reason}) => tellError(reason));

// Starts a worker with the network: {ask(kind, options), tell(kind, options)}.
// `hear` is called with what it tells. `wasm` null: plain JavaScript.
function startWorker(hear, wasm) {
  const source = new Blob([byId("worker").textContent], {type: "text/javascript"});
  const address = URL.createObjectURL(source);
  const worker = new Worker(address);
  const waiting = new Map();
  const failed = new Error("the browser does not let the network run.");
  let [asked, hasFailed] = [0, false];
  worker.onmessage = ({data}) => {
    if (data.id === undefined) return hear(data);
    const {resolve, reject} = waiting.get(data.id);
    waiting.delete(data.id);
    return data.error ? reject(new Error(data.error)) : resolve(data.answer);
  };
  worker.onerror = () => { // it did not start, or is out of memory
    hasFailed = true;
    for (const {reject} of waiting.values()) reject(failed);
    waiting.clear();
  };
  const ask = (kind, options) => new Promise((resolve, reject) => {
    if (hasFailed) {
      reject(failed);
      return;
    }
    asked += 1;
    waiting.set(asked, {resolve, reject});
    worker.postMessage({kind, id: asked, options});
  });
  const loaded = ask("load",
    {weights: byId("weights").textContent, arrays, settings, wasm});
  const free = () => URL.revokeObjectURL(address);
  loaded.then(free, free);
  return {
    ask, loaded, tell: (kind, options) => worker.postMessage({kind, options}),
  };
}
