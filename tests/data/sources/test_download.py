"""Downloads come whole, once, with the right checksum, or say what to do."""

import functools
import hashlib
import http.server
import logging
import threading

import pytest

from graves_jax.data.sources import download as module
from graves_jax.data.sources.download import Remote, download
from graves_jax.data.sources.quiet_tfds import quiet

CONTENT = b"some text\n" * 1000


class Server(http.server.SimpleHTTPRequestHandler):
  def log_message(self, *_):
    pass


@pytest.fixture
def address(tmp_path, monkeypatch):
  """The address of a server of a folder with the file text.txt."""
  monkeypatch.setenv("no_proxy", "127.0.0.1")
  served = tmp_path / "served"
  served.mkdir()
  (served / "text.txt").write_bytes(CONTENT)
  handler = functools.partial(Server, directory=served)
  server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
  threading.Thread(target=server.serve_forever, daemon=True).start()
  yield f"http://127.0.0.1:{server.server_port}"
  server.shutdown()
  server.server_close()


def remote(address, name="text.txt", content=CONTENT):
  digest = hashlib.sha256(content).hexdigest()
  return Remote(f"{address}/{name}", len(content), digest)


def test_a_file_is_downloaded_once(address, tmp_path, monkeypatch, capfd):
  folder, reports = tmp_path / "a" / "b", []
  path = download(
    remote(address), folder, "", lambda *report: reports.append(report)
  )
  assert path == folder / "text.txt" and path.read_bytes() == CONTENT
  assert [p.name for p in folder.iterdir()] == ["text.txt"]
  assert reports == [(0, len(CONTENT)), (len(CONTENT), len(CONTENT))]
  assert "".join(capfd.readouterr()) == ""
  monkeypatch.delattr(module, "_fetch")
  assert download(remote(address), folder, "") == path


def test_another_file_is_refused(address, tmp_path):
  other = remote(address, content=CONTENT[:-1] + b"!")
  with pytest.raises(ValueError, match=r"SHA-256 is not .*\. Do this\.$"):
    download(other, tmp_path / "a", "Do this.")
  assert not list((tmp_path / "a").iterdir())


def test_a_file_that_is_not_there_says_what_to_do(address, tmp_path):
  with pytest.raises(FileNotFoundError, match=r"none .*404.*\. Do this\.$"):
    download(remote(address, "none"), tmp_path / "a", "Do this.")


def test_no_connection_is_said_at_once(tmp_path, monkeypatch):
  monkeypatch.setenv("no_proxy", "127.0.0.1")
  with pytest.raises(
    FileNotFoundError, match=r"cannot be downloaded .*refused.*Do this\.$"
  ):
    download(remote("http://127.0.0.1:1"), tmp_path, "Do this.")


@pytest.mark.parametrize("level", [logging.CRITICAL, logging.INFO])
def test_log_lines_are_told_afterwards_as_they_were_before(level):
  import tensorflow_datasets

  logger = logging.getLogger("absl")
  before = logger.level
  try:
    logger.setLevel(level)
    with quiet(tensorflow_datasets):
      assert logger.getEffectiveLevel() == logging.ERROR
    assert logger.level == level
  finally:
    logger.setLevel(before)
