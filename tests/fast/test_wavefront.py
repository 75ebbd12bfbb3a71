"""All layers at offset times: the same network, to the last digits."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference
from experiments import CONFIG, make_experiment

from graves_jax.config import NetworkConfig, TextNetworkConfig
from graves_jax.fast import implementation, wavefront
from graves_jax.fast.kernels.library import Kernels
from graves_jax.layers.window_lstm import Text
from graves_jax.networks.build import build_network
from graves_jax.networks.prediction import PredictionNetwork
from graves_jax.networks.synthesis import SynthesisNetwork
from graves_jax.training.experiment import update_body
from graves_jax.training.task import with_implementation

BATCH, HIDDEN, ALPHABET, CHARACTERS = 3, 5, 7, 6
KINDS = "prediction", "synthesis", "classes"


def build(kind, layers=3, **options):
  options = {"lstm_clip": 0.5, "weight_range": 0.4} | options
  shared = {
    "hidden": (HIDDEN,) * layers,
    "outputs": 4,
    "output_clip": 1e9,
  }
  if kind == "synthesis":
    shared |= {"alphabet_size": ALPHABET, "windows": 2}
    return SynthesisNetwork(inputs=3, **shared, **options)
  inputs = ALPHABET if kind == "classes" else 3
  return PredictionNetwork(inputs=inputs, **shared, **options)


def random_case(kind, steps, network):
  """Parameters, a state in the middle of things, and the other arguments."""
  random = np.random.default_rng(steps)
  dtype = jnp.zeros(()).dtype  # with x64 float64
  elements = random.normal(size=(steps, BATCH, 3)).astype(dtype)
  rest = ()
  if kind == "classes":
    elements = random.integers(-1, ALPHABET, size=(steps, BATCH))
  if kind == "synthesis":
    text = random.integers(ALPHABET, size=(BATCH, CHARACTERS))
    mask = np.arange(CHARACTERS) < np.array([[6], [3], [1]])
    rest = (Text(text, mask.astype(dtype)),)
  params = network.init(jax.random.key(0), elements, *rest)
  state = network.apply(params, BATCH, method="initial_state")
  params, state = jax.tree.map(lambda x: np.array(x, dtype), (params, state))
  state = jax.tree.map(
    lambda x: (x + random.random(x.shape)).astype(dtype), state
  )
  return params, state, elements, rest


def with_gradients(network, case, keys=None):
  """The last state, the outputs, and the derivatives of both."""
  *trained, elements, rest = case

  def weighed(params, state):
    given = params, state, elements, *rest, keys
    found = network.apply(*given, method="unroll")
    random = np.random.default_rng(9)
    total = sum(
      (x * random.normal(size=x.shape)).sum() for x in jax.tree.leaves(found)
    )
    return total, found

  return jax.jit(jax.grad(weighed, (0, 1), has_aux=True))(*trained)


def assert_close(actual, expected, tolerance):
  for one, other in zip(*map(jax.tree.leaves, (actual, expected)), strict=True):
    assert one.dtype == other.dtype
    assert reference.relative_error(one, other) < tolerance


@pytest.fixture
def x64():
  with jax.enable_x64(True):
    yield


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("layers", "steps"), [(2, 8), (3, 1), (5, 3)])
def test_it_equals_the_definition(x64, kind, layers, steps):
  """Also where there are fewer steps than layers."""
  options = {"layers": layers, "recurrent_dropout": 0.3}
  case = random_case(kind, steps, build(kind, **options))
  keys = jax.random.split(jax.random.key(1), BATCH)
  found, expected = (
    with_gradients(build(kind, **options, implementation=name), case, keys)
    for name in ("wavefront", "reference")
  )
  assert_close(found, expected, 1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_in_bfloat16_it_is_as_exact_as_the_scan(kind):
  """Where forget gates are near 1, which bfloat16 itself cannot keep apart."""
  options = {
    "recurrent_dropout": 0.3,
    "forget_bias": 6.0,
    "weight_range": 0.1,
    "lstm_clip": 1e9,
  }
  case = random_case(kind, 60, build(kind, **options))
  keys = jax.random.split(jax.random.key(1), BATCH)

  def derivatives(implementation, precision):
    network = build(
      kind, implementation=implementation, precision=precision, **options
    )
    found = jax.tree.leaves(with_gradients(network, case, keys))
    return np.concatenate([np.ravel(x) for x in found])

  exact = derivatives("reference", "float32")
  error = reference.relative_error(derivatives("scan", "bfloat16"), exact)
  found = derivatives("wavefront", "bfloat16")
  assert 0 < reference.relative_error(found, exact) < 2 * error


@pytest.mark.parametrize("kind", ["prediction", "synthesis"])
def test_weights_of_elements_have_twice_the_bits(kind):
  exact, rounded = (
    build(kind, implementation="wavefront", precision=precision)
    for precision in ("float32", "bfloat16")
  )
  params, state, elements, rest = random_case(kind, 1, exact)
  state = jax.tree.map(np.zeros_like, state)
  given = params, state, np.round(30 * elements), *rest
  ends = (
    network.apply(*given, method="unroll")[0] for network in (exact, rounded)
  )
  cells = [jax.tree.leaves(end)[0] for end in ends]  # of layer 1
  assert 0 < reference.relative_error(*cells) < 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_halves_equal_the_whole(x64, kind):
  network = build(kind, implementation="wavefront")
  params, state, elements, rest = random_case(kind, 9, network)
  unroll = jax.jit(functools.partial(network.apply, method="unroll"))
  whole = unroll(params, state, elements, *rest)
  middle, first = unroll(params, state, elements[:4], *rest)
  last, second = unroll(params, middle, elements[4:], *rest)
  assert_close((last, jnp.concatenate([first, second])), whole, 1e-12)


def test_derivatives_of_the_elements_are_told(x64):
  """As for a network whose inputs are computed."""

  def of_elements(name):
    network = build("synthesis", implementation=name)
    params, state, elements, rest = random_case("synthesis", 7, network)

    def total(elements):
      given = params, state, elements, *rest
      return network.apply(*given, method="unroll")[1].sum()

    return jax.jit(jax.grad(total))(elements)

  assert_close(of_elements("wavefront"), of_elements("reference"), 1e-12)


def loops(network, elements, *rest):
  """How many loops over time there are in its forward pass."""
  params = jax.eval_shape(network.init, jax.random.key(0), elements, *rest)
  return str(jax.make_jaxpr(network.apply)(params, elements, *rest)).count(
    "scan["
  )


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_one_loop_for_all_layers(kind):
  network = build(kind, implementation="wavefront")
  _, _, elements, rest = random_case(kind, 5, network)
  assert loops(network, elements, *rest) == 1
  assert loops(build(kind), elements, *rest) > 3


@pytest.mark.parametrize(
  "options", [{"hidden": (5, 6)}, {"hidden": (5,)}, {"cell": "rnn"}]
)
def test_other_stacks_run_layer_by_layer(options):
  """Widths that differ, one layer, other cells."""
  shared = {"inputs": 3, "outputs": 4, "hidden": (5, 5)} | options
  elements = np.zeros((5, BATCH, 3), np.float32)
  asked, scanned = (
    PredictionNetwork(**shared, implementation=name)
    for name in ("wavefront", "scan")
  )
  assert loops(asked, elements) == loops(scanned, elements)


def test_what_is_dropped_between_layers_is_dropped_layer_by_layer():
  config = TextNetworkConfig(hidden=(5, 5), dropout=0.5)
  asked, scanned = (
    build_network(config, ALPHABET, name) for name in ("wavefront", "scan")
  )
  classes = np.zeros((5, BATCH), np.int32)
  params = asked.init(jax.random.key(0), classes)
  keys = jax.random.split(jax.random.key(1), BATCH)
  found, expected = (
    jax.jit(network.apply)(params, classes, keys)
    for network in (asked, scanned)
  )
  np.testing.assert_array_equal(found, expected)
  assert np.any(found != asked.apply(params, classes))


def test_it_is_chosen_on_a_graphics_card(monkeypatch):
  config = NetworkConfig(hidden=(5, 5))
  assert build_network(config, ALPHABET).implementation == "scan"
  monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
  assert build_network(config, ALPHABET).implementation == "wavefront"
  kernels = Kernels(frozenset({"float32"}))
  assert implementation.resolve("auto", "float32", kernels) is kernels


@pytest.mark.parametrize("kind", KINDS)
def test_no_time_step_is_refused(kind):
  network = build(kind, implementation="wavefront")
  params, state, elements, rest = random_case(kind, 1, network)
  with pytest.raises(ValueError, match="no time step"):
    network.apply(params, state, elements[:0], *rest, method="unroll")


@pytest.mark.parametrize("kind", KINDS)
def test_states_of_other_shapes_are_told(kind):
  network = build(kind, implementation="wavefront")
  params, state, elements, rest = random_case(kind, 2, network)
  for rows in (1, BATCH - 1):
    other = jax.tree.map(lambda x, n=rows: x[:n], state)
    with pytest.raises(ValueError, match=rf"rows \({rows},\), the inputs"):
      network.apply(params, other, elements, *rest, method="unroll")
  narrow = jax.tree.map(lambda x: x[:, :-1], state)
  with pytest.raises(ValueError, match=r"zero_state\(hidden"):
    network.apply(params, narrow, elements, *rest, method="unroll")


def test_weights_of_other_inputs_are_told():
  network = build("prediction", implementation="wavefront")
  params, state, elements, _ = random_case("prediction", 2, network)
  with pytest.raises(ValueError, match="its inputs take 4"):
    given = np.pad(elements, ((0, 0), (0, 0), (0, 1)))
    layers = [params["params"][f"layer_{n}"] for n in (1, 2, 3)]
    wavefront.unroll(layers, state, given)
  with pytest.raises(ValueError, match="there is no input"):
    wavefront.unroll(layers, state, None)


def test_bfloat16_products_of_float64_keep_its_type(x64):
  network = build("synthesis", implementation="wavefront", precision="bfloat16")
  found = with_gradients(network, random_case("synthesis", 5, network))
  assert {x.dtype for x in jax.tree.leaves(found)} == {np.dtype("float64")}


def test_copies_of_a_network_are_unrolled_at_once(x64):
  """By vmap, as benchmarks/members.py trains several."""
  network = build("synthesis", implementation="wavefront")
  params, *others = random_case("synthesis", 5, network)
  copies = [jax.tree.map(lambda x, f=f: f * x, params) for f in (1.0, 0.5)]
  stacked = jax.tree.map(lambda *x: np.stack(x), *copies)

  def run(params):
    return with_gradients(network, (params, *others))[0]

  together = jax.vmap(run)(stacked)
  for k, copy in enumerate(copies):
    alone = run(copy)
    assert_close(jax.tree.map(lambda x, k=k: x[k], together), alone, 1e-12)


@pytest.mark.parametrize("parallel", ["shard_map", "pmap"])
def test_several_devices_learn_the_same(parallel):
  experiment = make_experiment(CONFIG, devices=2, parallel=parallel)
  batch = experiment.task.train_batches.batch(0)
  begun = jax.tree.leaves(experiment.initial_state().params)
  ends = []
  for name in ("scan", "wavefront"):
    task = with_implementation(experiment.task, name)
    body = update_body(task, experiment.optimizer)
    rows = (), experiment.mapped.shard(batch)
    state = experiment.initial_state().replace(carry=())
    (state, metrics), _ = experiment.mapped.map(body)(state, rows)
    moved = [
      np.ravel(x - y)
      for x, y in zip(jax.tree.leaves(state.params), begun, strict=True)
    ]
    ends.append((np.concatenate(moved), metrics.sums.nats))
  (scanned, nats), (found, own_nats) = ends
  assert own_nats == pytest.approx(float(nats), rel=1e-5)
  assert reference.relative_error(found, scanned) < 0.02 and np.any(scanned)


def test_what_it_cannot_derive_is_told():
  network = build("prediction", implementation="wavefront")
  params, state, elements, _ = random_case("prediction", 2, network)
  layers, states = [params["params"][f"layer_{n}"] for n in (1, 2, 3)], state
  run = functools.partial(wavefront.unroll, layers, states)
  with pytest.raises(TypeError, match="no forward-mode derivatives"):
    jax.jvp(run, (elements,), (elements,))
  with pytest.raises(ValueError, match="clip is traced"):
    jax.jit(lambda clip: run(elements, clip=clip))(1.0)
