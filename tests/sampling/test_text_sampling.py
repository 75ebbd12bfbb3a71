"""Laws of sampling text."""

import functools
import itertools
import math

import jax
import numpy as np
import pytest

from graves_jax.data.codec import TextCodec
from graves_jax.networks.prediction import PredictionNetwork
from graves_jax.sampling.text import TextWriter

CHARACTERS = TextCodec.of("abcde \n")
BYTES = TextCodec.of("aé€\n", "bytes")
WORDS = TextCodec.of("the cat sat\non a mat", "words")


def make_writer(codec=CHARACTERS) -> TextWriter:
  """A writer with random weights, large enough to care what they read."""
  network = PredictionNetwork(
    inputs=codec.size, outputs=codec.size, hidden=(8, 8), weight_range=2.0
  )
  params = network.init(jax.random.key(0), np.zeros((1, 1), np.int32))
  return TextWriter(network, params, codec)


def make_fixed_writer(probabilities: dict[str, float]) -> TextWriter:
  """A writer that gives every symbol the same probability at every step."""
  writer = make_writer(TextCodec.of("".join(probabilities)))
  params = jax.tree.map(np.zeros_like, jax.device_get(writer.params))
  logs = [math.log(probabilities[s]) for s in writer.codec.symbols]
  output = params["params"]["output"]
  params["params"]["output"] = output._replace(bias=np.float32(logs))
  return TextWriter(writer.network, params, writer.codec)


WRITER = make_writer()


@functools.partial(jax.jit, static_argnums=0)
def apply_step(network, params, state, last):
  return network.apply(params, state, last, method="step")


def step(writer, state, last):
  last = np.array([last], np.int32)
  return apply_step(writer.network, writer.params, state, last)


def most_probable(writer, prime: str, length: int) -> str:
  """The greedy text, found step by step with the network alone."""
  state = writer.network.apply(writer.params, 1, method="initial_state")
  last, written = -1, []
  for symbol in writer.codec.encode(prime):
    state, _ = step(writer, state, last)
    last = symbol
  for _ in range(length):
    state, raw = step(writer, state, last)
    last = int(np.argmax(raw[0]))
    written.append(last)
  return writer.codec.decode(written)


@pytest.mark.parametrize("codec", [CHARACTERS, BYTES, WORDS])
@pytest.mark.parametrize("length", [1, 32, 75])
def test_a_stream_is_the_first_of_several_copies(codec, length):
  writer = make_writer(codec)
  prime = codec.decode([1, 0])
  pieces = list(writer.stream(length, prime=prime, seed=3))
  copies = writer.write(length, prime=prime, seed=3, copies=3)
  assert "".join(pieces) == copies[0]
  assert length == 1 or len(set(copies)) == 3


@pytest.mark.parametrize("length", [1, 31, 32, 33, 100])
def test_so_many_symbols_are_written(length):
  assert len("".join(WRITER.stream(length))) == length
  assert len(WRITER.write(length)[0]) == length


def test_a_stream_comes_in_pieces_and_only_as_far_as_it_is_read():
  endless = WRITER.stream(10**12, seed=5)
  start = "".join(itertools.islice(endless, 3))
  assert 0 < len(start) < 1000
  assert WRITER.write(len(start), seed=5) == [start]


def test_the_seed_decides():
  texts = [WRITER.write(60, seed=seed)[0] for seed in (1, 1, 2)]
  assert texts[0] == texts[1] != texts[2]


def test_a_copy_does_not_depend_on_how_many_there_are():
  assert WRITER.write(60, copies=2) == WRITER.write(60, copies=4)[:2]


@pytest.mark.parametrize("prime", ["", "a", "abcde " * 60])
def test_without_temperature_the_most_probable_symbol_is_taken(prime):
  expected = most_probable(WRITER, prime, 40)
  greedy = WRITER.write(40, prime=prime, temperature=0.0, copies=2)
  assert greedy == [expected] * 2
  assert WRITER.write(40, prime=prime, top_k=1, seed=7) == [expected]


@pytest.mark.parametrize("length", [0, 1, 2, 17, 300])
def test_reading_a_prime_is_stepping_over_it(length):
  prime = ("abc de\n" * 50)[:length]
  state = WRITER.network.apply(WRITER.params, 1, method="initial_state")
  inputs = [-1, *CHARACTERS.encode(prime)]
  for last in inputs[:-1]:
    state, _ = step(WRITER, state, last)
  reading = WRITER.read(prime, batch=2)
  assert reading.last.tolist() == [inputs[-1]] * 2
  for got, expected in zip(
    jax.tree.leaves(reading.state), jax.tree.leaves(state), strict=True
  ):
    expected = np.repeat(expected, 2, axis=0)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


def test_a_prime_of_what_was_written_goes_on_with_it():
  (whole,) = WRITER.write(80, temperature=0.0)
  for length in (1, 40):
    rest = WRITER.write(80 - length, prime=whole[:length], temperature=0.0)
    assert rest == [whole[length:]]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_frequencies_follow_the_temperature(temperature):
  probabilities = {"a": 0.5, "b": 0.3, "c": 0.15, "d": 0.05}
  writer = make_fixed_writer(probabilities)
  text = "".join(writer.write(500, temperature=temperature, copies=10))
  expected = np.array(list(probabilities.values())) ** (1 / temperature)
  expected /= expected.sum()
  frequencies = [text.count(symbol) / len(text) for symbol in probabilities]
  np.testing.assert_allclose(frequencies, expected, atol=0.03)


def test_only_the_k_most_probable_symbols_are_drawn():
  writer = make_fixed_writer({"a": 0.2, "b": 0.45, "c": 0.1, "d": 0.25})
  (text,) = writer.write(400, top_k=2)
  assert set(text) == {"b", "d"}
  assert abs(text.count("b") / 400 - 0.45 / 0.7) < 0.1


def test_few_shapes_are_compiled():
  from graves_jax.sampling import text

  writer = make_writer(TextCodec.of("xyz"))
  before = text._draw_block._cache_size(), text._advance._cache_size()
  for length in (1, 40, 99):
    for temperature in (0.0, 1.0):
      settings = {"prime": "xyz" * length, "temperature": temperature}
      "".join(writer.stream(length, seed=length, **settings))
  after = text._draw_block._cache_size(), text._advance._cache_size()
  assert after[0] - before[0] == 1
  assert after[1] - before[1] <= 3


def test_unknown_characters_are_left_out_of_a_prime_and_told():
  assert WRITER.split_known("ab") == ("ab", ())
  assert WRITER.split_known("") == ("", ())
  assert WRITER.split_known("aXbYX") == ("ab", ("X", "Y"))
  assert make_writer(BYTES).split_known("éb€") == ("é€".encode(), ("b",))
  known, unknown = make_writer(WORDS).split_known("the dog\nsat ")
  assert unknown == ("dog",)
  assert WORDS.decode(WORDS.encode(known)) == "the\nsat"


def test_a_prime_that_was_not_split_is_never_silently_cut():
  with pytest.raises(ValueError, match="'X'"):
    WRITER.write(10, prime="aX")


@pytest.mark.parametrize("prime", ["XYZ", b"\xc3\xa9"])
def test_a_prime_of_only_unknown_characters_is_refused(prime):
  with pytest.raises(ValueError, match="none of the prime's characters"):
    WRITER.split_known(prime)


def test_words_go_on_after_the_prime():
  writer = make_writer(WORDS)
  (text,) = writer.write(1, prime="the cat", temperature=0.0)
  assert text == "\n" or text.startswith(" ")
  whole = "the cat" + text
  assert len(WORDS.encode(whole)) == 3


def test_a_character_that_the_prime_began_is_ended():
  fixed = make_fixed_writer({"a": 0.1, "b": 0.9})
  codec = TextCodec("bytes", ("\xc3", "\xa9"))  # the two bytes of é
  writer = TextWriter(fixed.network, fixed.params, codec)
  assert writer.write(1, prime=b"\xc3", temperature=0.0) == ["é"]
  assert "".join(writer.stream(1, prime=b"\xc3", temperature=0.0)) == "é"
  assert writer.write(1, temperature=0.0) == ["\ufffd"]


@pytest.mark.parametrize(
  ("options", "message"),
  [
    ({"length": 0}, r"length \(=0\)"),
    ({"temperature": -0.1}, r"temperature \(=-0.1\)"),
    ({"temperature": math.inf}, "temperature"),
    ({"temperature": math.nan}, "temperature"),
    ({"top_k": 0}, r"top_k \(=0\)"),
    ({"top_k": 8}, r"top_k \(=8\) must be from 1 to 7"),
    ({"seed": -1}, r"seed \(=-1\)"),
    ({"seed": 2**32}, "seed"),
  ],
)
def test_what_cannot_be_used_is_refused_at_the_call(options, message):
  options = {"length": 10} | options
  with pytest.raises(ValueError, match=message):
    WRITER.stream(**options)
  with pytest.raises(ValueError, match=message):
    WRITER.write(**options)


def test_there_is_at_least_one_copy():
  with pytest.raises(ValueError, match=r"copies \(=0\)"):
    WRITER.write(10, copies=0)
