"""Downloads a file whose checksum is known, through TensorFlow Datasets."""

import http.client
import tempfile
import urllib.request
from pathlib import Path
from typing import NamedTuple

from graves_jax.data.sources.quiet_tfds import quiet
from graves_jax.data.sources.text_blocks import Progress

_ANSWER_SECONDS = 20


class Remote(NamedTuple):
  """A public file: its address, size in bytes, and SHA-256."""

  url: str
  size: int
  sha256: str

  @property
  def name(self) -> str:
    return self.url.rpartition("/")[2]


def download(
  remote: Remote,
  folder: Path,
  instructions: str,
  progress: Progress | None = None,
) -> Path:
  """The path of a remote file in `folder`, downloaded unless it is there.

  Args:
    remote: what to download.
    folder: made if missing.
    instructions: what else to do, for the errors.
    progress: called with the bytes of the file that are there and there are.

  Raises:
    FileNotFoundError: if there is no connection or no such file.
    ValueError: if another file came.
  """
  path = folder / remote.name
  if path.is_file() and path.stat().st_size == remote.size:
    return path
  if progress:
    progress(0, remote.size)
  try:
    # TFDS asks a host that does not answer again for minutes.
    request = urllib.request.Request(remote.url, method="HEAD")
    with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS):
      pass
    folder.mkdir(parents=True, exist_ok=True)
  except (OSError, http.client.HTTPException, ValueError) as error:
    raise FileNotFoundError(_failed(remote, error, instructions)) from None
  with tempfile.TemporaryDirectory(dir=folder) as temporary:
    _fetch(remote, temporary, instructions).replace(path)
  if progress:
    progress(remote.size, remote.size)
  return path


def _fetch(remote: Remote, folder: str, instructions: str) -> Path:
  import tensorflow_datasets as tfds
  from tensorflow_datasets.core.download import checksums, download_manager

  with quiet(tfds):
    manager = tfds.download.DownloadManager(
      download_dir=folder,
      url_infos={
        remote.url: checksums.UrlInfo(
          remote.size, remote.sha256, filename=remote.name
        )
      },
      force_checksums_validation=True,
    )
    try:
      return Path(manager.download(remote.url))
    except download_manager.NonMatchingChecksumError:
      raise ValueError(
        f"{remote.url} is not the file that was published: its SHA-256 is not "
        f"{remote.sha256}. {instructions}"
      ) from None
    except Exception as error:  # of many kinds
      raise FileNotFoundError(_failed(remote, error, instructions)) from error


def _failed(remote: Remote, error: Exception, instructions: str) -> str:
  reason = " ".join(str(error).split())[:200]
  return f"{remote.url} cannot be downloaded ({reason}). {instructions}"
