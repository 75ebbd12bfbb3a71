// Connects the controls, and starts the page.

function connect() {
  byId("controls").addEventListener("submit", (event) => {
    event.preventDefault();
    write();
  });
  byId("controls").addEventListener("input", showValues);
  byId("controls").addEventListener("change", change);
  byId("text").addEventListener("scroll", () => {
    byId("underlines").scrollTop = byId("text").scrollTop;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !byId("dialog").open) stop();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)
      && !byId("dialog").open) {
      event.preventDefault();
      write();
    }
  });
  const clicks = {
    stop,
    undo,
    again() {
      byId("seed").value = (readNumber("seed") + 1) % 2 ** 32;
      write();
    },
    svg: () => download("handwriting.svg", svgFile(sheet), "image/svg+xml"),
    strokes: () =>
      download("handwriting.jsonl", strokesFile(sheet), "application/json"),
    png: async () => download("handwriting.png", await pngFile(sheet), "image/png"),
    async link() {
      const fragment = writeFragment();
      showFragment(fragment);
      try {
        await navigator.clipboard.writeText(new URL(fragment, location.href).href);
        say("The link is copied.");
      } catch {
        say("The link is in the address bar.");
      }
    },
    own() {
      tellPad("", false);
      byId("dialog").showModal();
      pad.fit();
    },
    padUndo: pad.undo,
    padClear: pad.clear,
    padUse: usePad,
  };
  for (const [id, click] of Object.entries(clicks)) {
    byId(id).addEventListener("click", click);
  }
  addEventListener("hashchange", () => {
    if (readFragment(location.hash)) write();
    showValues();
  });
}

async function start() {
  if (innerWidth < 600) byId("width").value = 90; // millimeters
  showStyles();
  const isGiven = readFragment(location.hash);
  showValues();
  showEmptyPaper();
  connect();
  const {isCompiled} = await worker.loaded;
  byId("write").disabled = false;
  say(`Ready.${isCompiled ? "" : " This browser lacks what makes it fast."}`);
  if (isGiven) write();
}

start();
