"""Laws of the notice of preemption, against servers that answer as a cloud's
do."""

import contextlib
import http.server
import threading
import time

import pytest

from graves_jax.commands.preemption import MetadataServer, watching

TOKEN = "a token"


class Answers(http.server.BaseHTTPRequestHandler):
  """Of both clouds; `preempted` and `broken` are set by the tests."""

  def do_PUT(self):
    has_lifetime = "X-aws-ec2-metadata-token-ttl-seconds" in self.headers
    is_token = self.path == "/latest/api/token" and has_lifetime
    self._answer(200 if is_token else 400, TOKEN)

  def do_GET(self):
    self.server.asked += 1
    if self.server.broken == "garbage":
      self.wfile.write(b"no answer of any kind\r\n\r\n")
    elif self.server.broken:
      self._answer(503, "")
    elif self.path == "/computeMetadata/v1/instance/preempted":
      is_asked = self.headers["Metadata-Flavor"] == "Google"
      value = "TRUE" if self.server.preempted else "FALSE"
      self._answer(200 if is_asked else 403, value)
    elif self.path == "/latest/meta-data/spot/instance-action":
      if self.headers["X-aws-ec2-metadata-token"] != TOKEN:
        self._answer(401, "")
      else:
        self._answer(200 if self.server.preempted else 404, '{"action":"stop"}')

  def _answer(self, status, text):
    self.send_response(status)
    self.end_headers()
    self.wfile.write(text.encode())

  def log_message(self, *_):
    pass


@pytest.fixture
def answers():
  server = http.server.ThreadingHTTPServer(("localhost", 0), Answers)
  server.preempted = server.broken = False
  server.asked = 0
  threading.Thread(target=server.serve_forever, daemon=True).start()
  with contextlib.closing(server.socket):
    yield server
    server.shutdown()


def metadata_server(cloud, answers):
  return MetadataServer(cloud, f"http://localhost:{answers.server_port}")


def wait_until(is_time):
  deadline = time.monotonic() + 30
  while not is_time():
    assert time.monotonic() < deadline
    time.sleep(0.01)


@pytest.mark.parametrize("cloud", ["google", "amazon"])
def test_a_notice_is_seen_when_it_comes(answers, cloud, monkeypatch):
  monkeypatch.setenv("http_proxy", "http://localhost:1")  # is not asked
  with watching(metadata_server(cloud, answers), 0.01) as is_preempted:
    wait_until(lambda: answers.asked > 2)
    assert not is_preempted()
    answers.preempted = True
    wait_until(is_preempted)


@pytest.mark.parametrize("cloud", ["google", "amazon"])
@pytest.mark.parametrize("how", [True, "garbage"])
def test_a_question_without_an_answer_is_asked_again(answers, cloud, how):
  with watching(metadata_server(cloud, answers), 0.01) as is_preempted:
    answers.broken = how
    asked = answers.asked
    wait_until(lambda: answers.asked > asked + 2)
    assert not is_preempted()
    answers.broken, answers.preempted = False, True
    wait_until(is_preempted)


@pytest.mark.parametrize("cloud", ["google", "amazon"])
def test_a_notice_that_is_there_already_is_seen_at_once(answers, cloud):
  answers.preempted = True
  with watching(metadata_server(cloud, answers), 100) as is_preempted:
    assert is_preempted()


def test_a_server_that_does_not_answer_is_named(answers):
  answers.broken = True
  with (
    pytest.raises(ValueError, match=r"preemption_notice \(=google\).*503"),
    watching(metadata_server("google", answers)),
  ):
    pass


def test_without_a_server_nobody_is_asked():
  with watching(None) as is_preempted:
    assert not is_preempted()
