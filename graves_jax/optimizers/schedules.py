"""Builds the course of the learning rate over a run."""

from typing import assert_never

import optax

from graves_jax.config import Constant, Cosine, ScheduleConfig, Trapezoid


def learning_rate_schedule(
  config: ScheduleConfig, learning_rate: float, steps: int
) -> optax.Schedule:
  """Builds the course of the learning rate over a run of `steps` updates.

  A run shorter than its warm-up reaches the learning rate at its last update.
  """
  last = steps - 1
  match config:
    case Constant():
      return optax.constant_schedule(learning_rate)
    case Cosine():
      warmup = max(min(config.warmup_steps, last), 0)
      return optax.warmup_cosine_decay_schedule(
        init_value=0.0,
        peak_value=learning_rate,
        warmup_steps=warmup,
        decay_steps=max(steps, warmup + 1),
        end_value=learning_rate * config.final_share,
      )
    case Trapezoid():
      warmup = max(min(config.warmup_steps, last), 0)
      begin = max(config.descent_begins(steps), warmup)
      return optax.join_schedules(
        [
          optax.linear_schedule(0.0, learning_rate, warmup),
          optax.linear_schedule(
            learning_rate,
            learning_rate * config.final_share,
            transition_steps=max(steps - begin, 1),
            transition_begin=begin - warmup,
          ),
        ],
        [warmup],
      )
    case _:
      assert_never(config)
