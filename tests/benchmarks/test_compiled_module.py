"""What XLA's compiled modules launch and move."""

from compiled_module import Module

# A loop of 3 turns, and in each of them one of 5.
LOOPS = """HloModule update

%inside (p: f32[2]) -> f32[2] {
  %p = f32[2]{0} parameter(0)
  %fusion-start = ((f32[2]{0}), f32[2]{0}, u32[]) fusion-start(%p), calls=%a
  %fusion-done = f32[2]{0} fusion-done(%fusion-start)
  ROOT %product = (f32[2]{0}, s8[9]{0}) custom-call(%fusion-done), to="x"
}

%outside (q: f32[2]) -> f32[2] {
  %q = f32[2]{0} parameter(0)
  %copy.1 = f32[2]{0} copy(%q)
  ROOT %w = f32[2] while(%copy.1), body=%inside, {"known_trip_count":{"n":"5"}}
}

%a (s: f32[2]) -> f32[2] {
  %s = f32[2]{0} parameter(0)
  ROOT %sine = f32[2]{0} sine(%s)
}

ENTRY %main (r: f32[2]) -> f32[2] {
  %r = f32[2]{0} parameter(0), metadata={op_name="jit(copy)/a copy(x)"}
  %f = f32[2]{0} fusion(%r), kind=kLoop, calls=%a
  ROOT %w = f32[2] while(%f), body=%outside, {"known_trip_count":{"n":"3"}}
}
"""

FUSION = """HloModule update

%fused (p: f32[9,4], q: f32[8,4], s: s32[]) -> (f32[9,4], bf16[4]) {
  %p = f32[9,4]{1,0} parameter(0)
  %q = f32[8,4]{1,0} parameter(1)
  %s = s32[] parameter(2)
  %row = f32[1,4]{1,0} dynamic-slice(%q, %s, %s)
  %first = f32[1,4]{1,0} slice(%q), slice={[0:1], [0:4]}
  %rounded = bf16[1,4]{1,0} convert(%row)
  %bitcast.1 = bf16[4]{0} bitcast(%rounded)
  %stacked = f32[9,4]{1,0} dynamic-update-slice(%p, %row, %s, %s)
  ROOT %both = (f32[9,4]{1,0}, bf16[4]{0}) tuple(%stacked, %bitcast.1)
}

ENTRY %main (p: f32[9,4], q: f32[8,4], s: s32[]) -> f32[9,4] {
  %p = f32[9,4]{1,0} parameter(0)
  %q = f32[8,4]{1,0} parameter(1)
  %s = s32[] parameter(2)
  ROOT %f = (f32[9,4]{1,0}, bf16[4]{0}) fusion(%p, %q, %s), calls=%fused
}
"""


def test_launches_are_counted_as_often_as_they_run():
  assert Module(LOOPS).launches() == 1 + 3 * (1 + 5 * 2)


def test_what_is_moved_is_counted_as_often():
  floats = 2 * 4  # bytes of f32[2]
  each = 2 * floats  # is read and is written, without what a call works in
  assert Module(LOOPS).moved_bytes() == each * (1 + 3 * (1 + 5 * 2))


def test_a_fusion_moves_the_slices_that_it_takes_and_updates():
  index, rows, stacked, rounded = 4, 2 * 4 * 4, 4 * 4, 4 * 2
  moved = index + rows + stacked + rounded
  assert Module(FUSION).moved_bytes() == moved
