"""The template by hand: papermill as it comes, a kernel, the five parameters."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import troubled

from anomaly.briefs.template import template_path


def test_the_template_runs_by_papermill_alone(tmp_path):
    tests = str(Path(troubled.__file__).parent)
    site = troubled.SITE.format(tests=tests).replace("troubled", "stand_in")
    (tmp_path / "sitecustomize.py").write_text(site)
    paths = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    told = {"store": "bare", "district": "990102", "month": "2026-05"}
    command = [sys.executable, "-m", "papermill", str(template_path())]
    command += [str(tmp_path / "out.ipynb"), "-k", "python3", "--no-progress-bar"]
    for name, value in told.items():
        command += ["-p", name, value]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    cells = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert any("text/html" in output.get("data", {}) for output in outputs)
