"""What a card runs, written out for cards on a machine that has none."""

import dataclasses
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from experiments import CONFIG, make_experiment
from jax import export
from jax.extend.core import jaxprs_in_params

from graves_jax.checkpoints.state import initial_params
from graves_jax.config import Muon, Trapezoid
from graves_jax.fast.window_lstm import Text
from graves_jax.losses.handwriting import HandwritingSums
from graves_jax.networks.build import build_network, example_inputs
from graves_jax.networks.prediction import PredictionNetwork
from graves_jax.optimizers.muon import scale_by_muon
from graves_jax.sampling import text as text_sampling
from graves_jax.sampling.handwriting import SampleInputs, sample_handwriting
from graves_jax.training.experiment import update_body
from graves_jax.training.task import with_implementation

PLATFORMS = "cuda", "rocm", "tpu"
# Of JAX itself, which every JAX of a platform has: how arrays are laid out over
# devices, and what draws random bits on a GPU.
KNOWN = {
  "Sharding",
  "SPMDFullToShardShape",
  "SPMDShardToFullShape",
  "cu_threefry2x32_ffi",
  "hip_threefry2x32_ffi",
}
LOOPS = "scan", "while"
ROWS, STEPS = 2, 12


def written_for(platform, function, *arguments):
  """The module for a platform, as text, and what it calls from outside."""
  exported = export.export(function, platforms=[platform])(*arguments)
  assert exported.platforms == (platform,)
  module = exported.mlir_module()
  return module, set(re.findall(r"custom_call @([\w.]+)", module))


def primitives(jaxpr, inside=False):
  """(name, whether in a loop) of all that a traced function does."""
  for equation in jaxpr.eqns:
    yield equation.primitive.name, inside
    is_loop = equation.primitive.name in LOOPS
    for inner in jaxprs_in_params(equation.params):
      yield from primitives(inner, inside or is_loop)


@pytest.fixture(scope="module", params=["scan", "wavefront"])
def train_step(request):
  """Of the recipe: Muon, bfloat16, averaged weights; and its arguments."""
  config = dataclasses.replace(
    CONFIG,
    network=dataclasses.replace(CONFIG.network, precision="bfloat16"),
    optimizer=Muon(schedule=Trapezoid(), max_gradient_norm=1.0),
  )
  experiment = make_experiment(config, devices=2, average=0.9)
  task = with_implementation(experiment.task, request.param)
  body = update_body(task, experiment.optimizer)
  batch = experiment.mapped.shard(experiment.task.train_batches.batch(0))
  state = experiment.initial_state().replace(carry=())
  return experiment.mapped.map(body), state, ((), batch)


def sums_of(state):
  """Arrays that an update adds up over devices, one after another: compilers
  make one exchange of them, as test_handwriting_training.py counts."""
  return len(jax.tree.leaves(state.params)) + len(HandwritingSums._fields)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_train_step_needs_nothing_of_a_processor(train_step, platform):
  step, state, rows = train_step
  module, called = written_for(platform, step, state, rows)
  assert called <= KNOWN
  assert module.count("stablehlo.all_reduce") == sums_of(state)
  assert module.count("stablehlo.all_gather") == 2  # of Muon's two shapes


def test_each_sum_is_exchanged_once_an_update_and_never_in_a_loop(train_step):
  step, state, rows = train_step
  done = list(primitives(jax.make_jaxpr(step)(state, rows).jaxpr))
  assert ("dot_general", True) in done  # loops are looked into
  exchanges = [x for x in done if x[0].startswith(("psum", "all_"))]
  gathered, summed = [("all_gather", False)] * 2, [("psum", False)]
  assert sorted(exchanges) == gathered + summed * sums_of(state)


def muon_update():
  """Of one layer, and its arguments."""
  gradient = make_experiment().task.initial_params(0)
  optimizer = scale_by_muon()
  state = optimizer.init(gradient)
  return jax.jit(optimizer.update), gradient, state


@pytest.mark.parametrize("platform", (*PLATFORMS, "cpu"))
def test_muon_makes_all_matrices_at_once_but_on_a_processor(platform):
  module, called = written_for(platform, *muon_update())
  assert called <= KNOWN
  is_at_once = "batching_dims = [0] x [0]" in module
  has_loop = "stablehlo.while" in module
  assert (is_at_once, has_loop) == (platform != "cpu", platform == "cpu")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_handwriting_sampler_needs_nothing_of_a_processor(platform):
  network = build_network(CONFIG.network, classes=5)
  params = initial_params(network, 0, *example_inputs(network))
  text = np.zeros((ROWS, 3), np.int32)
  inputs = SampleInputs(
    keys=jax.random.split(jax.random.key(0), ROWS),
    bias=np.ones(ROWS, np.float32),
    points=np.zeros((STEPS, ROWS, 3), np.float32),
    prime_lengths=np.zeros(ROWS, np.int32),
    limits=np.full(ROWS, STEPS, np.int32),
    text=Text(text, np.ones(text.shape, np.float32)),
    text_lengths=np.full(ROWS, 3, np.int32),
    rest=np.float32(0),
  )
  sample = jax.jit(
    lambda params, inputs: sample_handwriting(network, params, inputs)
  )
  module, called = written_for(platform, sample, params, inputs)
  assert "stablehlo.while" in module
  assert called <= KNOWN


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_text_sampler_needs_nothing_of_a_processor(platform):
  network = PredictionNetwork(inputs=7, outputs=7, hidden=(8, 8))
  params = initial_params(network, 0, *example_inputs(network))
  state = network.apply(params, ROWS, method="initial_state")
  keys = jax.random.split(jax.random.key(0), ROWS)
  start = jnp.zeros((), jnp.uint32), jnp.ones((), jnp.float32)

  def draw(params, state, last, keys, start, temperature):
    reading = text_sampling.Reading(state, last)
    return text_sampling._draw_block(
      network, params, reading, keys, start, temperature, top_k=3
    )

  last = jnp.full(ROWS, -1)
  arguments = params, state, last, keys, *start
  module, called = written_for(platform, jax.jit(draw), *arguments)
  assert "stablehlo.while" in module
  assert called <= KNOWN
