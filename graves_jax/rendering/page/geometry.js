// Measures of ink, and lines under one another, as graves_jax/rendering has them in
// geometry.py and layout.py. Points are [x, y]; a line is a list of strokes.

const TYPICAL_SLOPE = 0.04; // what is believed of a word too short to show its own
const COLUMNS = 256; // of a silhouette
const GAP = 0.1; // between the ink of two lines at least, in line heights

const sorted = (values) => Float64Array.from(values).sort();

function median(values) {
  const all = sorted(values);
  const half = Math.floor(all.length / 2);
  return all.length % 2 ? all[half] : (all[half - 1] + all[half]) / 2;
}

function percentile(values, percent) {
  const all = sorted(values);
  const at = percent / 100 * (all.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, all.length - 1);
  return all[low] + (at - low) * (all[high] - all[low]);
}

// The ink's extent: {left, top, right, bottom}.
function boxOf(strokes) {
  const box = {left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity};
  for (const [x, y] of strokes.flat()) {
    box.left = Math.min(box.left, x);
    box.top = Math.min(box.top, y);
    box.right = Math.max(box.right, x);
    box.bottom = Math.max(box.bottom, y);
  }
  return box;
}

// The points where the pen turns upwards: most are on the baseline.
function bottomsOf(strokes) {
  return strokes.flatMap((stroke) => stroke.filter(([, y], i) =>
    y > (stroke[i - 1]?.[1] ?? -Infinity) && y >= (stroke[i + 1]?.[1] ?? -Infinity)));
}

// Slope of the line that most letters stand on, positive when it falls: the median
// over pairs of turning points (Theil and Sen), drawn towards level when the ink
// is too short to tell.
function slopeOf(strokes) {
  const all = bottomsOf(strokes);
  const every = Math.ceil(all.length / 300);
  const points = all.filter((_, i) => i % every === 0);
  const box = boxOf([points]);
  const least = 1e-9 * Math.max(box.right - box.left, box.bottom - box.top);
  const slopes = [];
  for (let right = 1; right < points.length; right++) {
    for (let left = 0; left < right; left++) {
      const across = points[right][0] - points[left][0];
      if (Math.abs(across) > least) {
        slopes.push((points[right][1] - points[left][1]) / across);
      }
    }
  }
  const mean = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const spread = points.reduce((sum, [x]) => sum + (x - mean) ** 2, 0);
  if (!slopes.length || spread === 0) return 0;
  const observed = median(slopes);
  const distances = points.map(([x, y]) => y - observed * x);
  const middle = median(distances);
  const typical = 1.5 * median(distances.map((d) => Math.abs(d - middle)));
  let lowest = Infinity;
  let highest = -Infinity;
  for (const [x, y] of strokes.flat()) {
    lowest = Math.min(lowest, y - observed * x);
    highest = Math.max(highest, y - observed * x);
  }
  const scatter = Math.max(typical, 0.1 * (highest - lowest));
  return observed * spread / (spread + (scatter / TYPICAL_SLOPE) ** 2);
}

// The height of a line's writing: distances from the baseline that 94 % of the
// points keep to.
function heightOf(strokes) {
  const slope = slopeOf(strokes);
  const distances = strokes.flat().map(([x, y]) => y - slope * x);
  return percentile(distances, 97) - percentile(distances, 3);
}

// How a line is turned about its first point, and moved, so that its baseline is
// level at y = 0 and its ink starts at x = 0: {angle, x, y}.
function placementOf(strokes, isTurned) {
  const angle = isTurned ? -Math.atan(slopeOf(strokes)) : 0;
  const turned = turn(strokes, {angle, x: 0, y: 0});
  return {
    angle,
    x: -boxOf(turned).left,
    y: -median(bottomsOf(turned).map(([, y]) => y)),
  };
}

function placePoint([x, y], start, {angle, x: right, y: down}) {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const [across, along] = [x - start[0], y - start[1]];
  return [
    start[0] + cosine * across - sine * along + right,
    start[1] + sine * across + cosine * along + down,
  ];
}

function turn(strokes, placement) {
  const start = strokes[0][0];
  return strokes.map(
    (stroke) => stroke.map((point) => placePoint(point, start, placement)));
}

// The ink's least and greatest y in each of the columns from x = 0 to `width`.
function silhouetteOf(strokes, width) {
  const tops = new Float64Array(COLUMNS).fill(Infinity);
  const lows = new Float64Array(COLUMNS).fill(-Infinity);
  const columnOf = (x) => Math.min(Math.max(Math.floor(x), 0), COLUMNS - 1);
  const mark = (column, y) => {
    tops[column] = Math.min(tops[column], y);
    lows[column] = Math.max(lows[column], y);
  };
  for (const stroke of strokes) {
    const at = stroke.map(([x, y]) => [x / (width || 1) * COLUMNS, y]);
    if (at.length === 1) mark(columnOf(at[0][0]), at[0][1]);
    for (let i = 1; i < at.length; i++) {
      // Pieces so short that each is within the columns of its two ends.
      const pieces = Math.floor(Math.abs(at[i][0] - at[i - 1][0])) + 1;
      let before = at[i - 1];
      for (let piece = 1; piece <= pieces; piece++) {
        const here = between(at[i - 1], at[i], piece / pieces);
        for (const [x] of [before, here]) {
          mark(columnOf(x), before[1]);
          mark(columnOf(x), here[1]);
        }
        before = here;
      }
    }
  }
  return {tops, lows};
}

// Baselines of lines, evenly spaced, except that a line whose ink would touch that
// of an earlier one moves down. `silhouettes` has null for lines without ink.
function baselinesOf(silhouettes, spacing, typical) {
  const filled = new Float64Array(COLUMNS).fill(-Infinity);
  const baselines = [];
  let baseline = 0;
  for (const silhouette of silhouettes) {
    if (silhouette) {
      const {tops, lows} = silhouette;
      for (let c = 0; c < COLUMNS; c++) {
        baseline = Math.max(baseline, filled[c] - tops[c] + GAP * typical);
      }
      for (let c = 0; c < COLUMNS; c++) {
        filled[c] = Math.max(filled[c], lows[c] + baseline);
      }
    }
    baselines.push(baseline);
    baseline += spacing * typical;
  }
  return baselines;
}
