"""What a cloud says to a machine that it is about to take away.

Most platforms send SIGTERM; where none reaches the process (one that a shell
or a container started), the machine's metadata server still tells. It is asked
every few seconds by a thread of its own.
"""

import contextlib
import dataclasses
import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Literal

Cloud = Literal["google", "amazon"]

_SECONDS_BETWEEN = 5.0
_TIMEOUT_SECONDS = 2.0
_MOST_BYTES = 1000


@dataclasses.dataclass(frozen=True)
class MetadataServer:
  """Where a cloud's machines ask about themselves.

  cloud: whose it is.
  address: scheme and host.
  """

  cloud: Cloud
  address: str

  def is_preempted(self) -> bool:
    """Asks once.

    Google Compute Engine, and with it Cloud TPU, has a value that becomes
    TRUE; Amazon EC2 has a document on what is done with a Spot Instance two
    minutes before it is done, and none (404) until then.

    Raises:
      OSError: if the server cannot be reached, or refuses.
    """
    if self.cloud == "google":
      path = "/computeMetadata/v1/instance/preempted"
      return self._ask(path, {"Metadata-Flavor": "Google"}) == "TRUE"
    lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    token = self._ask("/latest/api/token", lifetime, "PUT")
    path = "/latest/meta-data/spot/instance-action"
    try:
      self._ask(path, {"X-aws-ec2-metadata-token": token})
    except urllib.error.HTTPError as error:
      if error.code != 404:
        raise
      return False
    return True

  def _ask(
    self, path: str, headers: dict[str, str], method: str = "GET"
  ) -> str:
    request = urllib.request.Request(
      self.address + path, headers=headers, method=method
    )
    without_proxy = urllib.request.ProxyHandler({})
    opener = urllib.request.build_opener(without_proxy)
    try:
      with opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
        return answer.read(_MOST_BYTES).decode("ascii", "replace").strip()
    except (http.client.HTTPException, ValueError) as error:
      raise OSError(f"it does not answer as such a server: {error}") from None


SERVERS = {
  "google": MetadataServer("google", "http://metadata.google.internal"),
  "amazon": MetadataServer("amazon", "http://169.254.169.254"),
}


@contextlib.contextmanager
def watching(
  server: MetadataServer | None, seconds: float = _SECONDS_BETWEEN
) -> Iterator[Callable[[], bool]]:
  """Yields what tells whether the machine is about to be taken away.

  Args:
    server: whom to ask; nobody: the answer is always no.
    seconds: between two questions.

  Raises:
    ValueError: if the server does not answer the first question; that it
      misses a later one is passed over.
  """
  if server is None:
    yield lambda: False
    return
  came, is_over = threading.Event(), threading.Event()

  def ask() -> None:
    if server.is_preempted():
      came.set()

  def watch() -> None:
    while not came.is_set() and not is_over.wait(seconds):
      with contextlib.suppress(OSError):
        ask()

  try:
    ask()
  except OSError as error:
    raise ValueError(
      f"preemption_notice (={server.cloud}): {server.address} does not tell "
      f"of preemption ({error}); leave it out where the machine is not "
      f"{server.cloud.title()}'s."
    ) from None
  watcher = threading.Thread(target=watch, daemon=True)
  watcher.start()
  try:
    yield came.is_set
  finally:
    is_over.set()
    watcher.join()
