"""A headless Chromium for tests, where there is one."""

import contextlib
import shutil
import time

import pytest


@contextlib.contextmanager
def chromium():
  """Starts Debian's Chromium under Playwright; skips where one is missing."""
  sync_api = pytest.importorskip(
    "playwright.sync_api", reason="Playwright is not installed"
  )
  program = shutil.which("chromium")
  if program is None:
    pytest.skip("there is no chromium; Debian has it: apt-get install chromium")
  with sync_api.sync_playwright() as playwright:
    browser = playwright.chromium.launch(
      executable_path=program, args=["--no-sandbox"]
    )
    yield browser
    browser.close()


def wait_for(page, condition, seconds=90):
  """Waits for a condition in JavaScript; the page's policy forbids Playwright's
  own way."""
  end = time.monotonic() + seconds
  while not page.evaluate(condition):
    assert time.monotonic() < end, (condition, page.inner_text("#status"))
    time.sleep(0.05)
