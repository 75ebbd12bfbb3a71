"""One process of one case of scaling.py: times updates and their all-reduce.

python scaling_worker.py '{"devices": 2, ...}' prints one line of JSON.
"""

import json
import re
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))


def main(case: dict) -> None:
  """Measures one case.

  Args:
    case: devices (of this process), batch_size (of all), length, hidden,
      precision, rounds, processes; and coordinator and process, which one
      process alone does not read.
  """
  from graves_jax.commands import runtime

  if case["processes"] > 1:
    runtime.join_processes(
      runtime.Distributed(
        coordinator=case["coordinator"],
        processes=case["processes"],
        process=case["process"],
      )
    )
  devices = runtime.use_devices(case["devices"])
  import jax
  import our_training
  from jax import lax
  from random_batches import random_lines

  from graves_jax.devices.parallel import AXIS

  network = our_training.handwriting_network(
    "synthesis", case["hidden"], case["precision"]
  )
  step, state, carry, mapped = our_training.handwriting_training(
    network, devices
  )
  batch = random_lines(case["batch_size"], case["length"])
  share = mapped.share(case["batch_size"])
  batch = jax.tree.map(lambda x: x[share], batch)
  rows = carry, mapped.shard(batch)
  compiled = step.lower(state, rows).compile()
  weights = state.params

  def reduce(tree, rows):
    return lax.psum(tree, AXIS), rows

  add_up = mapped.map(reduce)
  nothing = mapped.shard(batch.lengths)

  def update():
    nonlocal state
    (state, _), _ = compiled(state, rows)
    jax.block_until_ready(state)

  seconds = {
    # First, for an update gives the weights away.
    "all_reduce": median_seconds(
      lambda: jax.block_until_ready(add_up(weights, nothing)), 10
    ),
    "update": median_seconds(update, case["rounds"]),
  }
  reduced = re.findall(r" all-reduce(?:-start)?\(", compiled.as_text())
  sizes = [x.size for x in jax.tree.leaves(state.params)]
  found = {"all_reduces": len(reduced), "weights": sum(sizes)}
  if jax.process_index() == 0:
    print(json.dumps(seconds | found))


def median_seconds(run: Callable[[], object], rounds: int) -> float:
  """Of so many calls, after one to warm up."""
  run()
  seconds = []
  for _ in range(rounds):
    started = time.perf_counter()
    run()
    seconds.append(time.perf_counter() - started)
  return statistics.median(seconds)


if __name__ == "__main__":
  main(json.loads(sys.argv[1]))
