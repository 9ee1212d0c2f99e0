"""One district's report: run the notebook, then make PDF and HTML of it."""

import os
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

from anomaly.briefs.pdf import make_pdf
from anomaly.briefs.probe import take_facts
from anomaly.briefs.record import clear, write_whole


def make_report(job: dict) -> dict:
    """Make the four files of a job; return their names, rows and fingerprint.

    A job holds template, parameters, engine, folder, district and title. Files
    take their names only once all of them are whole.
    """
    folder = Path(job["folder"])
    work = Path(tempfile.mkdtemp(prefix=f".{job['district']}-", dir=folder))
    try:
        made = _make_files(job, work)
        for suffix, content in made.items():
            write_whole(folder / f"{job['district']}{suffix}", content)
    except BaseException:
        _keep_failed(job, work)
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return {"files": [f"{job['district']}{suffix}" for suffix in made]}


def _make_files(job: dict, work: Path) -> dict[str, bytes]:
    assets = work / "assets"
    notebook = run_notebook(job, work / "notebook.ipynb", assets)
    return {
        ".pdf": make_pdf(assets),
        ".xlsx": (assets / "brief.xlsx").read_bytes(),
        ".html": to_html(
            notebook, job["title"], job["parameters"]["language"]
        ).encode(),
        ".ipynb": (work / "notebook.ipynb").read_bytes(),
    }


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
        progress_bar=False,
        request_save_on_cell_execute=False,
        cwd=str(path.parent),
    )


@lru_cache(maxsize=1)
def html_exporter():
    """Return the exporter; it keeps its compiled page templates."""
    from nbconvert import HTMLExporter

    return HTMLExporter(
        template_name="classic",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        embed_images=True,
        mathjax_url="",
        require_js_url="",
        jquery_url="",
        mermaid_js_url="",
    )


def to_html(notebook, title: str, language: str) -> str:
    """Return one self-contained page of the outputs; the code is left out."""
    body, _ = html_exporter().from_notebook_node(
        notebook, resources={"metadata": {"name": title}}
    )
    spoken = {"zh": "zh-CN"}.get(language, language)
    return body.replace('<html lang="en">', f'<html lang="{spoken}">', 1)


def _keep_failed(job: dict, work: Path) -> None:
    """Leave the notebook with its error, and no file of an earlier run."""
    failed = work / "notebook.ipynb"
    text = failed.read_bytes() if failed.is_file() else b""
    clear(Path(job["folder"]), job["district"])
    if text:
        write_whole(Path(job["folder"]) / f"{job['district']}.ipynb", text)
