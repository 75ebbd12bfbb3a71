"""What the processes of one run tell one another, so that none is left waiting.

On several hosts a run is one process a host, all at the same step of the same
program. What only one of them can know (a signal, a full disk, a lost file) it
must tell the others before it leaves: in their next sum over devices they
would wait for it. Everything here must be called by all processes, in the same
order; a run of one process pays nothing.
"""

import contextlib
import functools
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec


class OtherProcessError(OSError):
  """Another process of the run failed, and this one ends with it."""


def is_first() -> bool:
  """Whether this process is the one that writes files and to the console."""
  return jax.process_index() == 0


def ask(opinion: Callable[[], bool]) -> Callable[[], bool]:
  """Asks all processes, and returns what waits for the answer: whether any
  says yes.

  The question is on its way before this returns, so an update that is started
  after it does not wait for the answer. Alone, a process gives its opinion
  only when the answer is read.
  """
  if jax.process_count() == 1:
    return opinion
  sharding, total = _counter()
  own = np.full(jax.local_device_count(), opinion(), np.int32)
  votes = total(jax.make_array_from_process_local_data(sharding, own))
  return lambda: bool(votes)


@contextlib.contextmanager
def together() -> Iterator[None]:
  """All processes come out of the block, or none does.

  Raises:
    OtherProcessError: if the block failed in another process.
  """
  failure = None
  try:
    yield
  except Exception as error:
    failure = error
  has_failed = ask(lambda: failure is not None)()
  if failure is not None:
    raise failure
  if has_failed:
    raise OtherProcessError(
      "another process of this run failed; its own output says why."
    )


def require_agreement(text: str, what: str) -> None:
  """Raises ValueError unless the text is the same in all processes.

  Args:
    text: of any length.
    what: its name in the message.
  """
  if jax.process_count() == 1:
    return
  digest = hashlib.sha256(text.encode()).digest()
  digests = multihost_utils.process_allgather(
    np.frombuffer(digest, np.uint8), tiled=True
  ).reshape(-1, len(digest))
  if (digests != digests[0]).any():
    raise ValueError(
      f"the {what} must be the same in all processes; start each with the same "
      "command, code and data."
    )


def tree_from_first(tree: Any) -> Any:
  """The first process's arrays, bit for bit; elsewhere only shapes matter."""
  if jax.process_count() == 1:
    return tree
  leaves, structure = jax.tree.flatten(tree)
  leaves = [np.asarray(x) for x in leaves]
  content = b"".join(x.tobytes() for x in leaves)
  content = _from_first(np.frombuffer(content, np.uint8)).tobytes()
  copies, start = [], 0
  for leaf in leaves:
    part = content[start : start + leaf.nbytes]
    copies.append(np.frombuffer(part, leaf.dtype).reshape(leaf.shape))
    start += leaf.nbytes
  return jax.tree.unflatten(structure, copies)


def text_from_first(text: str) -> str:
  """The first process's text; elsewhere the argument is not read."""
  if jax.process_count() == 1:
    return text
  content = np.frombuffer(text.encode(), np.uint8)
  size = int(_from_first(np.array(content.size)))
  if not is_first():
    content = np.zeros(size, np.uint8)
  return _from_first(content).tobytes().decode()


def _from_first(array: np.ndarray) -> np.ndarray:
  return np.asarray(multihost_utils.broadcast_one_to_all(array), array.dtype)


@functools.cache
def _counter():
  """Where the votes lie, one a device, and what adds them up."""
  mesh = Mesh(jax.devices(), ("device",))
  sharding = NamedSharding(mesh, PartitionSpec("device"))
  everywhere = NamedSharding(mesh, PartitionSpec())
  return sharding, jax.jit(jnp.sum, out_shardings=everywhere)
