"""Tests of stopping: the signals that a run notes."""

import os
import signal
import subprocess
import sys

import pytest
from paths import ROOT

from graves_jax.commands import stopping

# The main thread is busy in C, as it is while it waits for a device.
BUSY = """
import hashlib, threading
from graves_jax.commands import stopping
def say(text):
  print(text, flush=True)

with stopping.stopping_on_signals(say) as should_stop:
  threading.Timer(0.5, say, ["ready"]).start()
  while not should_stop():
    hashlib.pbkdf2_hmac("sha256", b"", b"", {rounds})
print("stopped", flush=True)
"""


def start_busy(rounds):
  process = subprocess.Popen(
    [sys.executable, "-c", BUSY.format(rounds=rounds)],
    cwd=ROOT,
    stdout=subprocess.PIPE,
    text=True,
  )
  assert process.stdout.readline() == "ready\n"
  return process


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_noted_and_a_second_one_leaves_at_once(number):
  with start_busy(rounds=1000) as patient:
    patient.send_signal(number)
    assert "stopped" in patient.communicate(timeout=20)[0]
    assert patient.returncode == 0
  with start_busy(rounds=10**9) as stuck:
    try:
      stuck.send_signal(number)
      said = stuck.stdout.readline()  # while the main thread is busy
      assert said.startswith("Stopping") and "second Ctrl-C" in said
      with pytest.raises(subprocess.TimeoutExpired):
        stuck.wait(timeout=0.5)
      stuck.send_signal(number)
      assert stuck.wait(timeout=5) == 128 + number
    finally:
      stuck.kill()


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_what_signals_did_before_they_do_again():
  before = signal.getsignal(signal.SIGTERM)
  with stopping.stopping_on_signals(print) as should_stop:
    assert not should_stop()
    assert signal.getsignal(signal.SIGTERM) is not before
  assert signal.getsignal(signal.SIGTERM) is before
