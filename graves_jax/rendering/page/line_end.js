// When a written line ends, as graves_jax/sampling/line_end.py has it: with the
// stroke under way when the window has passed the text (Section 5.3).

const STUB = 2; // a stroke so short was begun when the text was complete

// Whether phi(t, U+1) > phi(t, u) for all u in 1..U, or all windows are so far
// past the text that phi has underflowed to 0.
function isPastText(phi, kappa) {
  const length = phi.length - 1;
  let within = 0;
  for (let u = 0; u < length; u++) within = Math.max(within, phi[u]);
  const isFarPast = within === 0 && Math.min(...kappa) > length + 1;
  return phi[length] > within || isFarPast;
}

function noLineEnd() {
  return {
    isFired: false, // the paper's rule
    hasReturned: false, // a stroke was begun after that
    start: 0, // first element of the stroke under way
    isReturn: false, // that stroke begins left of the right edge
    x: 0,
    right: -Infinity,
  };
}

// Changes `end` by an element that has just been drawn; returns how many elements
// the line has if it ends before it, else null. As Moment in line_end.py: t
// elements are written so far; isPast; isNew: one of them is not the prime's;
// hasLifted: the last one ended a stroke; move: how far right the new one goes.
function advanceLineEnd(end, {t, isPast, isNew, hasLifted, move}) {
  const x = end.x + move;
  const fires = isPast && isNew && !end.isFired;
  const isStub = fires && !hasLifted && !end.isReturn && end.start > 0
    && t - end.start <= STUB;
  const stubStart = end.start;
  end.isFired ||= fires;
  const isReturn = hasLifted && x < end.right;
  const goesOn = end.isFired && isReturn && !end.hasReturned;
  const ends = end.isFired && hasLifted && !goesOn;
  end.hasReturned ||= goesOn;
  if (hasLifted && isNew) end.start = t;
  if (hasLifted) end.isReturn = isReturn;
  end.x = x;
  end.right = Math.max(end.right, x);
  if (isStub) return stubStart;
  return ends ? t : null;
}
