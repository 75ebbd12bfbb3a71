"""The page that writes, as a file: bytes of weights, WebAssembly, policy."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graves_jax.data.strokes import Alphabet, Line, Normalization
from graves_jax.layers.lstm import LSTMParams
from graves_jax.layers.output import OutputParams
from graves_jax.layers.window import WindowParams
from graves_jax.rendering.page_weights import named_arrays, pack, quantized
from graves_jax.rendering.sources import digest
from graves_jax.rendering.wasm import assemble
from graves_jax.rendering.writing_page import PageNetwork, write_writing_page

HOSTILE = "</script><script>alert(1)</script>"


def weights(*shape):
  return np.random.default_rng(sum(shape)).normal(size=shape)


PARAMS = {
  "layer_1": LSTMParams(
    weights(6, 8), weights(2, 8), weights(3, 2), weights(8)
  ),
  "window": WindowParams(weights(2, 3), weights(3)),
  "output": OutputParams(weights(2, 7), weights(7)),
}
NETWORK = PageNetwork(
  PARAMS, Alphabet.of("ab"), Normalization(np.zeros(2), np.ones(2)), 0.01, 9.0
)


@settings(deadline=None, max_examples=30)
@given(
  st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=9),
)
def test_rounding_is_off_by_half_a_step_at_most(row):
  whole, scales = quantized(np.float32([row]))
  error = np.abs(whole * scales[:, None] - np.float32([row]))
  assert error.max() <= 0.5001 * scales[0]


def test_float32_weights_come_back_as_they_were():
  arrays = named_arrays(PARAMS)
  packed, listed = pack(arrays, "float32")
  values = np.frombuffer(packed, np.float32)
  at = 0
  for name, rows, columns, kind in listed:
    assert kind == "float32"
    part = values[at : at + rows * columns].reshape(rows, columns)
    np.testing.assert_array_equal(part, arrays[name])
    at += rows * columns
  assert at == len(values)
  np.testing.assert_allclose(arrays["inputs 1"], PARAMS["layer_1"].inputs.T)


def test_a_function_is_assembled_as_the_specification_has_it():
  source = """(module (memory (export "m") 1)  ;; a comment
    (func (export "f") (param $a i32) (result i32)
      (i32.add (local.get $a) (i32.const 200))))"""
  assert assemble(source) == bytes.fromhex(
    "0061736d01000000"  # the magic number, version 1
    "0106016001 7f017f 03020100 0503010001"  # types, functions, memory
    "0709 02 0166 0000 016d 0200"  # exports
    "0a0a01 08 00 2000 41c801 6a 0b".replace(" ", "")  # code
  )
  with pytest.raises(ValueError, match=r"i32\.mul is not"):
    assemble("(module (func (i32.mul (i32.const 1) (i32.const 2))))")


def test_the_policy_admits_its_own_script_and_no_text_becomes_markup(tmp_path):
  style = Line(np.float32([[1, 1, 0], [1, 0, 1]]), HOSTILE, HOSTILE)
  path = tmp_path / "page.html"
  size = write_writing_page(path, NETWORK, styles=[style], notice=HOSTILE)
  content = path.read_text("utf-8")
  assert size == len(content.encode())
  assert HOSTILE not in content and "alert(1)" in content
  policy = re.search(r'Policy" content="([^"]*)"', content)[1]
  script = re.findall(r"<script>(.*?)</script>", content, re.S)
  assert len(script) == 1 and digest(script[0]) in policy
  assert digest(re.search("<style>(.*?)</style>", content, re.S)[1]) in policy
  assert "default-src 'none'" in policy and "http" not in policy
  assert set(re.findall(r"https?://[\w./]+", content)) == {
    "http://www.w3.org/2000/svg"  # a name, not a place
  }
  data = re.search(r'id="data"[^>]*>(.*?)</script>', content, re.S)[1]
  assert json.loads(data)["styles"][0]["text"] == HOSTILE


def test_another_ending_is_refused(tmp_path):
  with pytest.raises(ValueError, match=r"must end in one of \.html"):
    write_writing_page(tmp_path / "page.svg", NETWORK)
