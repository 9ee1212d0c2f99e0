"""One district's report: run the notebook, then make PDF and HTML of it."""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from anomaly.briefs.freshness import digest
from anomaly.briefs.html import to_html
from anomaly.briefs.pdf import DATA, make_pdf
from anomaly.briefs.probe import take_facts
from anomaly.briefs.record import clear, clear_files, write_whole

WORKBOOK = "brief.xlsx"


def make_report(job: dict) -> dict:
    """Make the files of a job; return their names and the digest of each.

    A job holds template, parameters, engine, folder, district and title. Files
    take their names only once all of them are whole; the record of an earlier run
    goes first and ours comes last, so that a crash between leaves none that lies.
    """
    folder, district = Path(job["folder"]), job["district"]
    work = Path(tempfile.mkdtemp(prefix=f".{district}-", dir=folder))
    try:
        made = _make_files(job, work)
        clear_files(folder, district)
        for suffix, content in made.items():
            write_whole(folder / f"{district}{suffix}", content)
    except BaseException:
        _keep_failed(job, work)
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    told = {f"{district}{suffix}": digest(made[suffix]) for suffix in made}
    return {"files": list(told), "sha256": told}


def _make_files(job: dict, work: Path) -> dict[str, bytes]:
    """Return the content of each file by suffix.

    A template of the analyst's own need not write what our PDF and workbook are
    made of: then there are none.
    """
    assets = work / "assets"
    notebook = run_notebook(job, work / "notebook.ipynb", assets)
    page = to_html(notebook, job["title"], job["parameters"]["language"])
    made = {}
    if (assets / DATA).is_file():
        made[".pdf"] = make_pdf(assets)
    if (assets / WORKBOOK).is_file():
        made[".xlsx"] = (assets / WORKBOOK).read_bytes()
    made[".html"] = page.encode()
    made[".ipynb"] = (work / "notebook.ipynb").read_bytes()
    return made


def run_notebook(job: dict, path: Path, assets: Path):
    """Run the template with the job's parameters; return the executed notebook."""
    import papermill

    from anomaly.briefs import engine

    engine.register()
    take_facts(job)
    # Nobody's own start-up files take part in a report.
    os.environ["IPYTHONDIR"] = str(path.parent / "ipython")
    parameters = job["parameters"] | {"out": str(assets)}
    return papermill.execute_notebook(
        job["template"],
        str(path),
        parameters=parameters,
        engine_name=engine.ENGINE if job["engine"] == "fork" else None,
        kernel_name="python3",
        language="python",
        progress_bar=False,
        request_save_on_cell_execute=False,
        cwd=str(path.parent),
    )


def _keep_failed(job: dict, work: Path) -> None:
    """Leave the notebook with its error, and no file of an earlier run."""
    folder, district = Path(job["folder"]), job["district"]
    failed = work / "notebook.ipynb"
    with suppress(OSError):  # the error itself is told, whatever the disk takes
        text = failed.read_bytes() if failed.is_file() else b""
        clear(folder, district)
        if text:
            write_whole(folder / f"{district}.ipynb", text)
