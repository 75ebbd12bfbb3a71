"""The compiled kernels against the equations, and against what XLA compiles."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import test_lstm
import test_synthesis
from rich.console import Console

from graves_jax.commands import runtime
from graves_jax.config import NetworkConfig, TextNetworkConfig
from graves_jax.fast import chunks, implementation, lstm, window_lstm
from graves_jax.fast.kernels import library
from graves_jax.fast.kernels import lstm as kernel_calls
from graves_jax.layers.lstm import (
  LSTMState,
  gated_step,
  init_lstm,
)
from graves_jax.layers.window import WindowParams
from graves_jax.layers.window_lstm import (
  Text,
  WindowLayerParams,
  WindowLayerState,
)
from graves_jax.networks.build import build_network, example_inputs

BATCH, HIDDEN, WIDTHS = 19, 37, (70, 33)
STEPS = 2 * chunks.CHUNK + 1  # the last chunk has one step
precisions = pytest.mark.parametrize(
  ("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 1e-2)]
)


@pytest.fixture
def kernels(kernels_folder, monkeypatch):
  """Loaded kernels, which take as few rows as one."""
  loaded = library.load(kernels_folder)
  if loaded is None:
    pytest.skip("needs a processor with AVX-512, and a C++ compiler.")
  test_synthesis.compiled.cache_clear()
  monkeypatch.setattr(implementation, "FEWEST_ROWS", 1)
  yield loaded
  test_synthesis.compiled.cache_clear()


def require_kernel(kernels, precision):
  if precision not in kernels.precisions:
    pytest.skip(f"this processor has no kernel in {precision}.")


def relative_error(got, expected):
  got, expected = (
    np.concatenate([*map(np.ravel, jax.tree.leaves(x))])
    for x in (got, expected)
  )
  return np.linalg.norm(got - expected) / np.linalg.norm(expected)


def lstm_case(steps=STEPS, batch=BATCH, widths=WIDTHS, count=0):
  """Arguments of `unroll`, and the loss's weights on its results.

  With a count of classes, some rows and steps have none.
  """
  keys = iter(jax.random.split(jax.random.key(0), 20))

  def normal(*shape):
    return jax.random.normal(next(keys), shape)

  inputs = count + sum(widths)
  params = init_lstm(next(keys), inputs, HIDDEN, weight_range=0.3)
  params = params._replace(bias=normal(4 * HIDDEN))
  state = LSTMState(normal(batch, HIDDEN), 0.5 * normal(batch, HIDDEN))
  inputs = tuple(normal(steps, batch, width) for width in widths)
  weights = LSTMState(*normal(2, batch, HIDDEN)), normal(steps, batch, HIDDEN)
  shape = steps, batch
  classes = jax.random.randint(next(keys), shape, -1, count + 1)
  return (params, state, inputs), weights, classes if count else None


def with_gradients(function, arguments, weights):
  """Results and gradients, compiled anew."""

  @jax.jit
  def both(arguments, weights):
    results, pull_back = jax.vjp(lambda a: function(*a), arguments)
    return results, pull_back(weights)[0]

  return both(arguments, weights)


def unroll(implementation, classes=None, precision="float32"):
  return functools.partial(
    lstm.unroll,
    classes=classes,
    clip=0.3,
    precision=precision,
    implementation=implementation,
  )


@pytest.mark.parametrize("steps", [1, 7, 2 * chunks.CHUNK + 3])
@pytest.mark.parametrize("clip", [test_lstm.FREE, 0.05])
def test_a_layer_equals_the_equations(kernels, steps, clip):
  with jax.enable_x64(True):
    case = test_lstm.random_case(steps)
    options = {"clip": clip, "implementation": kernels}
    got = test_lstm.by_package(lstm.unroll, *case, dtype="float32", **options)
    expected = test_lstm.by_reference(*case, clip=clip)
    test_lstm.assert_all_close(got, expected, 1e-4)


@pytest.mark.parametrize("steps", [1, 2 * chunks.CHUNK + 3])
def test_a_layer_with_dropout_equals_the_equations(kernels, steps):
  with jax.enable_x64(True):
    case, masks = test_lstm.random_case(steps), test_lstm.random_masks(steps)
    options = {"clip": 0.1, **masks}
    unroll = functools.partial(lstm.unroll, implementation=kernels)
    got = test_lstm.by_package(unroll, *case, dtype="float32", **options)
    expected = test_lstm.by_reference(*case, **options)
    test_lstm.assert_all_close(got, expected, 1e-4)


@pytest.mark.parametrize("layers", [1, 2])
def test_the_synthesis_network_equals_the_equations(kernels, layers):
  with jax.enable_x64(True):
    test = test_synthesis.test_loss_and_gradients_equal_the_equations
    test(None, layers, 1.0, "float32", 1e-4, kernels)


@precisions
@pytest.mark.parametrize(
  ("widths", "count"), [((3, 129), 0), ((), 7), (WIDTHS, 7)]
)
def test_a_layer_equals_the_scan(kernels, precision, tolerance, widths, count):
  require_kernel(kernels, precision)
  *case, classes = lstm_case(widths=widths, count=count)
  compiled = with_gradients(unroll(kernels, classes, precision), *case)
  scanned = with_gradients(unroll("scan", classes, precision), *case)
  for mine, expected in zip(
    jax.tree.leaves(compiled), jax.tree.leaves(scanned), strict=True
  ):
    assert relative_error(mine, expected) < tolerance


def random_masks(steps=STEPS, batch=BATCH, keep_rate=0.7):
  """Recurrent dropout, as options of `unroll`."""
  shape = steps, batch, HIDDEN
  mask = jax.random.bernoulli(jax.random.key(2), keep_rate, shape)
  return {"mask": mask, "keep_rate": keep_rate}


@precisions
@pytest.mark.parametrize("batch", [3, BATCH])
def test_a_layer_with_dropout_equals_the_reference(
  kernels, precision, tolerance, batch
):
  require_kernel(kernels, precision)
  *case, classes = lstm_case(batch=batch, count=7)
  masks = random_masks(batch=batch)
  compiled, plain = (
    with_gradients(
      functools.partial(unroll(given, classes, precision), **masks), *case
    )
    for given in (kernels, "reference")
  )
  for mine, expected in zip(
    jax.tree.leaves(compiled), jax.tree.leaves(plain), strict=True
  ):
    assert relative_error(mine, expected) < tolerance


@precisions
def test_keeping_everything_is_no_dropout(kernels, precision, tolerance):
  del tolerance
  require_kernel(kernels, precision)
  *case, classes = lstm_case(count=7)
  run = unroll(kernels, classes, precision)
  everything = {"mask": jnp.ones((STEPS, BATCH, HIDDEN), bool)}
  masked = with_gradients(functools.partial(run, **everything), *case)
  jax.tree.map(
    np.testing.assert_array_equal, masked, with_gradients(run, *case)
  )


def window_case():
  """A function of (params, state, elements) and options, and those three."""
  keys = jax.random.split(jax.random.key(1), 9)
  alphabet, windows = 11, 4
  params = WindowLayerParams(
    init_lstm(keys[0], 3 + alphabet, HIDDEN, weight_range=0.3),
    WindowParams(
      0.2 * jax.random.normal(keys[1], (HIDDEN, 3 * windows)),
      jnp.repeat(jnp.array([0.0, -0.5, -2.0]), windows),
    ),
  )
  state = WindowLayerState(
    LSTMState(*jax.random.normal(keys[2], (2, BATCH, HIDDEN))),
    jax.random.normal(keys[3], (BATCH, alphabet)),
    jnp.zeros((BATCH, windows)),
  )
  characters = jax.random.randint(keys[4], (BATCH, 9), 0, alphabet)
  text = Text(characters, jnp.ones(characters.shape))
  elements = jax.random.normal(keys[5], (STEPS, BATCH, 3))

  def run(*arguments, **options):
    unroll = window_lstm.unroll_window_layer
    return unroll(*arguments, text, clip=0.3, **options)

  return run, (params, state, elements)


@precisions
def test_the_window_layer_equals_the_scan(kernels, precision, tolerance):
  require_kernel(kernels, precision)
  run, arguments = window_case()
  run = functools.partial(run, precision=precision)
  results = jax.eval_shape(run, *arguments)
  weights = jax.tree.map(lambda x: jnp.ones(x.shape), results)
  compiled, scanned = (
    with_gradients(
      functools.partial(run, implementation=given), arguments, weights
    )
    for given in (kernels, "scan")
  )
  assert relative_error(compiled, scanned) < tolerance


@precisions
def test_the_window_layer_with_dropout_equals_the_reference(
  kernels, precision, tolerance
):
  require_kernel(kernels, precision)
  run, arguments = window_case()
  run = functools.partial(run, precision=precision, **random_masks())
  results = jax.eval_shape(run, *arguments)
  weights = jax.tree.map(lambda x: jnp.ones(x.shape), results)
  compiled, expected = (
    with_gradients(
      functools.partial(run, implementation=given), arguments, weights
    )
    for given in (kernels, "reference")
  )
  for mine, other in zip(
    jax.tree.leaves(compiled), jax.tree.leaves(expected), strict=True
  ):
    assert relative_error(mine, other) < tolerance


@precisions
@pytest.mark.parametrize("keep_rate", [1.0, 0.7])
def test_gates_are_saved_for_the_way_back(
  kernels, precision, tolerance, keep_rate
):
  del tolerance
  require_kernel(kernels, precision)
  keys = jax.random.split(jax.random.key(4), 4)
  net = jax.random.normal(keys[0], (1, BATCH, 4 * HIDDEN)) * 3
  cell, output = jax.random.normal(keys[1], (2, BATCH, HIDDEN))
  peephole = jax.random.normal(keys[2], (3, HIDDEN))
  no_weights = jnp.zeros((HIDDEN, 4 * HIDDEN))
  mask = random_masks(1, BATCH, keep_rate)["mask"]
  steps = kernel_calls.forward(
    kernel_calls.pack_gates(no_weights, precision),
    kernel_calls.pack_gates(no_weights[:0], precision),
    *(jnp.zeros(4 * HIDDEN), peephole, output, cell),
    jnp.zeros((1, BATCH, 0), kernel_calls.word_type(precision)),
    *(net, None, mask),
    keep_rate=keep_rate,
    net_rows=BATCH,
    chunk=1,
    saves_gates=True,
    devices=1,
  )
  masks = mask[0], keep_rate
  expected = gated_step(peephole, cell, net[0], *masks)[1]
  expected = expected._replace(c=expected.c * keep_rate)
  errors = {"float32": [1e-6] * 4, "bfloat16": np.exp2([-17, -17, -16, -17])}
  gates = kernel_calls.unpack_gates(steps.gates[0], HIDDEN)
  for gate, saved, error in zip(
    expected, gates, errors[precision], strict=True
  ):
    np.testing.assert_allclose(saved, gate, rtol=0, atol=error + 1e-6)


def kernels_in(function, *arguments):
  """Names of the kernels that a function of arrays calls, with gradients."""
  results = jax.eval_shape(function, *arguments)
  weights = jax.tree.map(lambda x: jnp.ones(x.shape, x.dtype), results)

  def both(arguments, weights):
    return jax.vjp(function, *arguments)[1](weights)

  text = str(jax.make_jaxpr(both)(arguments, weights))
  names = ("pack", "forward", "backward", "step_backward")
  return {name for name in names if f"graves_jax_{name}_" in text}


def test_where_kernels_are_called(kernels, monkeypatch):
  every = {"pack", "forward", "backward"}
  (params, state, inputs), _, classes = lstm_case(count=7)
  case, unrolled = (params, state, inputs), unroll(kernels, classes)
  assert kernels_in(unrolled, *case) == every
  one = tuple(x[0] for x in inputs)
  step = functools.partial(
    lstm.step, classes=classes[0], implementation=kernels
  )
  assert kernels_in(step, params, state, one) == every
  masks = random_masks()
  assert kernels_in(functools.partial(unrolled, **masks), *case) == every
  run, arguments = window_case()
  run = functools.partial(run, implementation=kernels)
  in_steps = {"pack", "forward", "step_backward"}
  assert kernels_in(run, *arguments) == in_steps
  assert kernels_in(functools.partial(run, **masks), *arguments) == in_steps
  half = jax.tree.map(lambda x: x.astype(jnp.bfloat16), inputs)
  assert not kernels_in(unrolled, params, state, half)
  monkeypatch.setattr(implementation, "FEWEST_ROWS", BATCH + 1)
  assert not kernels_in(unrolled, *case)


def test_kernels_of_another_precision_give_way_to_the_scan(kernels):
  (params, state, inputs), _, classes = lstm_case(count=7)
  others = dataclasses.replace(kernels, precisions=frozenset({"bfloat16"}))
  assert not kernels_in(unroll(others, classes), params, state, inputs)


@pytest.mark.parametrize("kind", ["prediction", "synthesis", "text"])
@pytest.mark.parametrize("method", ["unroll", "step"])
def test_a_network_calls_kernels_only_if_it_is_built_with_them(
  kernels, kind, method
):
  if kind == "text":
    config = TextNetworkConfig(hidden=(5, 6))
  else:
    config = NetworkConfig(kind=kind, hidden=(5, 6))

  def called(implementation):
    network = build_network(config, 7, implementation, kernels)
    inputs = jax.tree.map(
      lambda x: np.repeat(x, BATCH, axis=0 if x.ndim == 2 else 1),
      example_inputs(network),
    )
    params = network.init(jax.random.key(0), *inputs)
    state = network.initial_state(BATCH)
    if method == "step":
      inputs = inputs[0][0], *inputs[1:]
    apply = functools.partial(network.apply, method=method)
    return kernels_in(lambda *given: apply(*given, *inputs), params, state)

  assert not called("scan")
  assert not called("reference")
  assert called("kernels") == called("auto")
  assert {"pack", "forward"} <= called("kernels")


@pytest.mark.parametrize("kind", ["prediction", "synthesis"])
def test_every_part_of_a_sampling_step_is_by_kernels(kernels, kind):
  """Of three layers, each with its own call."""
  network = build_network(
    NetworkConfig(kind=kind, hidden=(5, 6, 7)), 7, "kernels", kernels
  )
  element = np.zeros((BATCH, 3), np.float32)
  text = Text(np.zeros((BATCH, 2), np.int32), np.ones((BATCH, 2), np.float32))
  inputs = (element, text)[: 2 if kind == "synthesis" else 1]
  params = network.init(jax.random.key(0), element[None], *inputs[1:])
  state = network.initial_state(BATCH)
  step = functools.partial(network.apply, method="step")
  calls = str(jax.make_jaxpr(step)(params, state, *inputs))
  assert calls.count("graves_jax_forward_") == 3


def test_auto_is_the_scan_where_kernels_do_not_form_the_products():
  kernels = library.Kernels(frozenset({"float32"}), devices=2)
  assert implementation.resolve("auto", "float32", kernels) is kernels
  assert implementation.resolve("auto", "bfloat16", kernels) == "scan"
  assert implementation.resolve("auto", "float32") == "scan"
  for given in ("scan", "reference"):
    assert implementation.resolve(given, "float32", kernels) == given


@pytest.mark.parametrize("given", [None, library.Kernels(frozenset())])
def test_kernels_that_are_not_there_are_refused(given):
  with pytest.raises(
    ValueError, match=r"'kernels'.*in bfloat16.*choose 'auto'"
  ):
    implementation.resolve("kernels", "bfloat16", given)


def test_kernels_for_tanh_are_refused():
  kernels = library.Kernels(frozenset({"float32"}))
  config = TextNetworkConfig(cell="rnn")
  with pytest.raises(ValueError, match=r"LSTM layers.*'rnn'"):
    build_network(config, 7, "kernels", kernels)
  assert build_network(config, 7, "auto", kernels).cell == "rnn"


def test_an_implementation_that_is_none_is_refused():
  config = NetworkConfig(kind="prediction", hidden=(4,))
  with pytest.raises(ValueError, match=r"implementation \(='fast'\) must be"):
    build_network(config, 7, "fast")
  network = build_network(config, 7).clone(implementation="auto")
  with pytest.raises(ValueError, match=r"implementation \(='auto'\) must be"):
    network.init(jax.random.key(0), *example_inputs(network))
  case, _, _ = lstm_case()
  with pytest.raises(
    ValueError, match=r"implementation \(='kernels'\) must be"
  ):
    unroll("kernels")(*case)


def test_halves_equal_the_whole(kernels):
  (params, state, inputs), _, classes = lstm_case(count=7)
  half = STEPS // 2

  def run(state, part):
    run = unroll(kernels, classes[part])
    return run(params, state, [x[part] for x in inputs])

  middle, early = run(state, slice(half))
  end, late = run(middle, slice(half, None))
  whole_end, whole = run(state, slice(None))
  np.testing.assert_allclose(jnp.concatenate([early, late]), whole, atol=1e-6)
  np.testing.assert_allclose(end.cell, whole_end.cell, atol=1e-6)


@pytest.mark.parametrize("fewest_rows", [1, BATCH + 1])  # the latter: XLA
def test_steps_equal_unroll(kernels, fewest_rows, monkeypatch):
  monkeypatch.setattr(lstm, "FEWEST_ROWS_OF_ONE_STEP", fewest_rows)
  (params, state, inputs), _, classes = lstm_case(steps=4, count=7)
  _, whole = unroll(kernels, classes)(params, state, inputs)
  for t in range(4):
    now = [x[t] for x in inputs]
    options = {
      "clip": 0.3,
      "classes": classes[t],
      "implementation": kernels,
    }
    state, output = lstm.step(params, state, now, **options)
    np.testing.assert_allclose(output, whole[t], atol=1e-6)


@precisions
def test_rows_shared_out_over_threads_are_the_same_rows(
  kernels, precision, tolerance
):
  del tolerance
  require_kernel(kernels, precision)
  *case, classes = lstm_case(batch=33, count=7)
  alone, shared = (
    with_gradients(
      unroll(dataclasses.replace(kernels, devices=devices), classes, precision),
      *case,
    )
    for devices in (10**6, 1)
  )
  np.testing.assert_array_equal(alone[0][1], shared[0][1])
  assert relative_error(shared, alone) < 1e-6


@precisions
def test_what_is_no_number_stays_none(kernels, precision, tolerance):
  del tolerance
  require_kernel(kernels, precision)
  (params, state, inputs), weights, _ = lstm_case()
  broken = inputs[0].at[3, 2, 1].set(jnp.nan), *inputs[1:]
  (_, outputs), gradients = with_gradients(
    unroll(kernels, precision=precision), (params, state, broken), weights
  )
  assert jnp.isnan(outputs[3:, 2]).any(-1).all()
  assert jnp.isfinite(outputs[:, :2]).all()
  assert jnp.isnan(gradients[0].recurrent).any()


def test_mapped_over_networks_each_is_itself(kernels):
  (params, *rest), weights, _ = lstm_case(steps=3)
  twice = jax.tree.map(lambda x: jnp.stack([x, 2 * x]), params)

  def run(params):
    return with_gradients(unroll(kernels), (params, *rest), weights)

  mapped = jax.jit(jax.vmap(run))(twice)
  for k in range(2):
    one = run(jax.tree.map(lambda x, k=k: x[k], twice))
    mine = jax.tree.map(lambda x, k=k: x[k], mapped)
    assert relative_error(mine, one) < 1e-6


@pytest.mark.parametrize(
  ("flags", "expected"),
  [
    ("sse2 avx2 fma", set()),
    ("avx512f avx512bw avx512dq", set()),
    ("avx512f avx512bw avx512dq avx512vl", {"float32"}),
    (
      "avx512f avx512bw avx512dq avx512vl avx512_bf16",
      {"float32", "bfloat16"},
    ),
    ("avx512f avx512bw avx512dq avx512vl avx512_bf16 amx_bf16", {"float32"}),
  ],
)
def test_which_kernels_fit_a_processor(flags, expected):
  assert library.fitting(set(flags.split())) == expected


def test_without_a_compiler_nothing_is_loaded(monkeypatch, tmp_path):
  monkeypatch.setattr(library, "_compiler", lambda: None)
  assert library.load(tmp_path / "unused") is None
  assert not (tmp_path / "unused").exists()


def test_a_compiler_that_knows_no_bfloat16_leaves_it_out(monkeypatch, tmp_path):
  compiler = library._compiler()
  if compiler is None:
    pytest.skip("needs a C++ compiler.")
  monkeypatch.setattr(library, "_registered", set())
  monkeypatch.setattr(library, "fitting", lambda _: {"bfloat16"})
  (tmp_path / "lstm.cc").write_text("int nothing = 0;")
  monkeypatch.setattr(library, "_SOURCES", tmp_path)
  assert library.load(tmp_path) is None


def test_a_script_goes_on_without_kernels(monkeypatch, tmp_path, capsys):
  def fail(*_):
    raise OSError("c++ cannot compile [with P = x] the kernels")

  monkeypatch.setattr(library, "load", fail)
  assert runtime.use_kernels(Console(), jax.devices()) is None
  assert "Without kernels, which is slower: c++" in capsys.readouterr().out


def test_what_cannot_be_compiled_is_said(kernels, monkeypatch, tmp_path):
  (tmp_path / "lstm.cc").write_text("no C++")
  monkeypatch.setattr(library, "_SOURCES", tmp_path)
  monkeypatch.setattr(library, "_registered", set())
  with pytest.raises(OSError, match=r"cannot compile the kernels: .*lstm.cc"):
    library.load(tmp_path)
  assert [path.name for path in tmp_path.iterdir()] == ["lstm.cc"]
