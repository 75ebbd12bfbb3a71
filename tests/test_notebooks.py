"""Notebooks run from top to bottom, and keep no outputs."""

import json
import os
import stat
import sys

import pytest
from paths import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
COMMAND = """#!{python}
from graves_jax.commands.main import main
main()
"""


def test_there_is_one():
  assert NOTEBOOKS


@by_name
def test_outputs_are_stripped(path):
  cells = json.loads(path.read_text("utf-8"))["cells"]
  codes = [cell for cell in cells if cell["cell_type"] == "code"]
  assert codes
  for cell in codes:
    assert cell["outputs"] == [] and cell["execution_count"] is None


@pytest.mark.slow
@by_name
def test_a_notebook_runs_from_top_to_bottom(path, tmp_path, monkeypatch):
  """All but the cell that installs, in an empty folder."""
  nbclient = pytest.importorskip("nbclient", reason="needs the extra test.")
  nbformat = pytest.importorskip("nbformat", reason="needs the extra test.")
  command = tmp_path / "bin" / "graves-jax"
  command.parent.mkdir()
  command.write_text(COMMAND.format(python=sys.executable))
  command.chmod(command.stat().st_mode | stat.S_IXUSR)
  search = [str(command.parent), os.environ["PATH"]]
  monkeypatch.setenv("PATH", os.pathsep.join(search))
  modules = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
  monkeypatch.setenv("PYTHONPATH", os.pathsep.join(modules))
  notebook = nbformat.read(path, as_version=4)
  notebook.cells = [
    cell
    for cell in notebook.cells
    if "install" not in cell.metadata.get("tags", [])
  ]
  folder = {"metadata": {"path": str(tmp_path)}}
  nbclient.NotebookClient(notebook, timeout=1200, resources=folder).execute()
  said = "".join(
    output.get("text", "")
    for cell in notebook.cells
    if cell.cell_type == "code"
    for output in cell.outputs
  )
  assert "step 20: validation" in said and "Traceback" not in said
