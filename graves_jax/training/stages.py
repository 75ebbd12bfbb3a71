"""What a run starts from: an earlier stage, and what its processes share."""

import json

from graves_jax.checkpoints.metadata import PLACES, Metadata, to_json
from graves_jax.checkpoints.read import Restored


def require_same_start(metadata: Metadata, initial: Restored | None) -> None:
  """Raises ValueError if a run was begun from one of another name than is given
  now; which of its checkpoints that was, is settled."""
  before = metadata.ancestry[-1].run if metadata.ancestry else "no other run"
  if initial is not None and initial.run != before:
    raise ValueError(
      f"the run in the workdir started from {before}, not from {initial.run}; "
      "give another --workdir, or leave --init-from out."
    )


def start_of(metadata: Metadata, initial: Restored | None) -> str:
  """What a stage says of where it starts."""
  stage, noise = metadata.ancestry[-1], metadata.config.noise
  text = f"Starting from the weights of {stage.run}, step {stage.step:,}"
  if noise.kind != "adaptive":
    return f"{text}."
  if initial is not None and initial.stddev is not None:
    return f"{text}, and from the standard deviations learned there."
  return f"{text}, all standard deviations {noise.stddev:g}."


def continuation_of(step: int, metadata: Metadata) -> str:
  """What a run says of where it goes on."""
  steps = metadata.config.training.steps
  if step < steps:
    return f"Continuing at step {step:,}."
  return (
    f"Continuing at step {step:,}: all {steps:,} updates are made; "
    "--training.steps asks for more."
  )


def identity(metadata: Metadata) -> str:
  """What all processes must have in common; data may lie anywhere."""
  values = to_json(metadata)
  data = values["config"]["data"]
  data |= dict.fromkeys(PLACES & data.keys())
  return json.dumps(values, sort_keys=True)
