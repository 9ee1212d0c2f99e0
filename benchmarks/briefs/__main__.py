"""What a brief costs beside its own cells and beside stock papermill.

    python benchmarks/briefs STORE [--stock 2] [--cells 5] [--workers 2]

STORE is a folder with built months; its last month is rendered for every district.
hundred.py beside this makes one of a hundred districts. The cells are run for a few
of the districts, by papermill for fewer still.
All is measured in one run, on the same machine and store, and printed as JSON.
"""

import argparse
import json
import os
import resource
import tempfile
import time
from pathlib import Path

import nbformat

import anomaly
from anomaly.briefs import make_pdf, render_briefs
from anomaly.briefs.facts import City, keep_ready
from anomaly.briefs.template import template_path


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("store", type=Path)
    parser.add_argument("--stock", type=int, default=2, help="reports by papermill")
    parser.add_argument("--cells", type=int, default=5, help="reports by their cells")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    store = str(asked.store.resolve())
    opened = anomaly.open_store(store)
    month = opened.months()[-1].strftime("%Y-%m")
    districts = opened.districts()["district"].tolist()
    with tempfile.TemporaryDirectory() as folder:
        told = {"month": month, "districts": len(districts), "cores": os.cpu_count()}
        out = Path(folder)
        told |= ours(store, month, districts, out, asked.workers)
        told |= cells(store, month, districts[: asked.cells], out)
        told |= shared(store, month, districts[: asked.cells], out)
        told |= stock(store, month, districts[: asked.stock], out)
        told |= pdf(out / "cells" / districts[0])
    told["load_average"] = os.getloadavg()[0]
    told["ours_to_cells"] = told["ours_wall"] / told["cells_wall_halved"]
    told["ours_to_shared"] = told["ours_wall"] / told["shared_wall_halved"]
    told["stock_to_ours"] = told["stock_wall"] / told["ours_wall"]
    rounded = {k: round(v, 3) if isinstance(v, float) else v for k, v in told.items()}
    print(json.dumps(rounded, indent=1))


def ours(store: str, month: str, districts: list, out: Path, workers: int) -> dict:
    """Return seconds a brief of a whole run, start-up included, and the peak MB."""
    began, spent = time.monotonic(), _cpu()
    records = render_briefs(
        store, month=month, districts=districts, out=out / "ours", workers=workers
    )
    wall, cpu = time.monotonic() - began, _cpu() - spent
    return {
        "ours_done": sum(record.done for record in records),
        "ours_wall": wall / len(districts),
        "ours_cpu": cpu / len(districts),
        "ours_report_seconds": sum(r.seconds for r in records) / len(records),
        "ours_peak_mb": max(record.peak_mb for record in records),
    }


def cells(store: str, month: str, districts: list, out: Path) -> dict:
    """Return half the seconds of the same cells, run one by one in this process.

    The first district is run once before, unmeasured: everything is then imported.
    """
    _run_cells(store, month, districts[0], out / "warm")
    began, spent = time.monotonic(), _cpu()
    for district in districts:
        _run_cells(store, month, district, out / "cells" / district)
    wall, cpu = time.monotonic() - began, _cpu() - spent
    each = 2 * len(districts)
    return {"cells_wall_halved": wall / each, "cells_cpu": cpu / len(districts)}


def shared(store: str, month: str, districts: list, out: Path) -> dict:
    """Return the same where the city was read before, as our own runs do it.

    The harder measure: what is common to all districts is not counted here, while
    our run counts it, and reading the store, and starting up.
    """
    city = City(anomaly.open_store(store), month, "zh")
    for district in districts:
        keep_ready(city.facts(district))
    began, spent = time.monotonic(), _cpu()
    for district in districts:
        _run_cells(store, month, district, out / "shared" / district)
    wall, cpu = time.monotonic() - began, _cpu() - spent
    each = 2 * len(districts)
    return {"shared_wall_halved": wall / each, "shared_cpu": cpu / len(districts)}


def _run_cells(store: str, month: str, district: str, out: Path) -> None:
    notebook = nbformat.read(template_path(), as_version=4)
    scope: dict = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(cell.source, scope)  # noqa: S102 our own template
            if "parameters" in cell.metadata.get("tags", []):
                scope |= {"store": store, "month": month, "district": district}
                scope["out"] = str(out)


def stock(store: str, month: str, districts: list, out: Path) -> dict:
    """Return seconds a report of papermill as it comes: a kernel each, in turn."""
    import papermill

    began, spent = time.monotonic(), _cpu()
    for district in districts:
        papermill.execute_notebook(
            str(template_path()),
            str(out / f"{district}.ipynb"),
            parameters={"store": store, "month": month, "district": district},
            kernel_name="python3",
            progress_bar=False,
        )
    wall, cpu = time.monotonic() - began, _cpu() - spent
    return {"stock_wall": wall / len(districts), "stock_cpu": cpu / len(districts)}


def pdf(assets: Path) -> dict:
    """Return CPU seconds of one PDF, the first of this process, all imported."""
    import typst  # noqa: F401

    from anomaly import plots

    plots.missing_glyphs(["字"])
    began = time.process_time()
    first = make_pdf(assets)
    spent = time.process_time() - began
    return {"pdf_cpu": spent, "pdf_same_bytes": make_pdf(assets) == first}


def _cpu() -> float:
    """Return CPU seconds of this process and of children that have ended."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(one) for one in who]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
