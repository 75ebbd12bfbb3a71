// Files of a sheet: SVG, PNG, and strokes as JSON lines.

const DPI = 254;
const MOST_PIXELS = 16e6; // more than this is no canvas in some browsers
const MOST_PIXELS_A_SIDE = 16_000;
const PRINTED_INK = "#16213e"; // on white paper, where no other color is chosen

const escaped = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

// The sheet's strokes on the page, in millimeters, each a path's data.
function pathsInMm(sheet) {
  const {unitsPerMm, options, strokes} = sheet;
  const [left, top] = sheet.box;
  const number = (value) => Math.round(100 * value / unitsPerMm) / 100;
  return strokes.map((stroke) => {
    const points = stroke.points.map((point) => {
      const [x, y] = stroke.place(point);
      return [number(x - left), number(y - top)];
    });
    return options.isSmooth
      ? smoothDataInMm(points, options.pen, sheet.usualStep / unitsPerMm)
      : plainData(points);
  });
}

// In hundredths of a millimeter, since the outline is rounded to tenths.
function smoothDataInMm(points, pen, usual) {
  const large = points.map(([x, y]) => [100 * x, 100 * y]);
  return smoothData(large, 100 * pen, 100 * usual);
}

// The SVG file: its size in millimeters, one path a stroke.
function svgFile(sheet) {
  const {options, unitsPerMm, box} = sheet;
  const [width, height] = box.slice(2).map(
    (size) => Math.round(100 * size / unitsPerMm) / 100);
  const color = options.color || PRINTED_INK;
  const look = options.isSmooth
    ? `fill="${color}" transform="scale(.01)"`
    : `fill="none" stroke="${color}" stroke-width="${options.pen}" `
      + 'stroke-linecap="round" stroke-linejoin="round"';
  return [
    `<svg xmlns="${SVG}" viewBox="0 0 ${width} ${height}" width="${width}mm" `
      + `height="${height}mm">`,
    `<title>${escaped(options.text)}</title>`,
    `<g ${look}>`,
    ...pathsInMm(sheet).map((data) => `<path d="${data}"/>`),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

// The PNG file, on white paper.
async function pngFile(sheet) {
  const {options, unitsPerMm, box} = sheet;
  const size = box.slice(2).map((length) => length / unitsPerMm);
  const scale = Math.min(DPI / 25.4, Math.sqrt(MOST_PIXELS / (size[0] * size[1])),
    MOST_PIXELS_A_SIDE / Math.max(...size));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = size.map((length) => Math.ceil(length * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  const color = options.color || PRINTED_INK;
  Object.assign(context, {
    fillStyle: color, strokeStyle: color, lineWidth: options.pen, lineCap: "round",
    lineJoin: "round",
  });
  const smaller = options.isSmooth ? scale / 100 : scale;
  context.scale(smaller, smaller);
  for (const data of pathsInMm(sheet)) {
    if (options.isSmooth) context.fill(new Path2D(data));
    else context.stroke(new Path2D(data));
  }
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
}

// The strokes as graves_jax/data/sources/stroke_file.py reads them, in pen units.
function strokesFile(sheet) {
  return sheet.lines.filter(({strokes}) => strokes.length).map((line, n) => {
    const strokes = line.strokes.map(({points}) => points.map((point) =>
      point.map((value) => Math.round(10 * value) / 10)));
    const {text} = line;
    return `${JSON.stringify({text, name: `line-${n + 1}`, strokes})}\n`;
  }).join("");
}

function download(name, content, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], {type}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
