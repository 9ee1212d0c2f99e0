"""A tutorial run to its end in JupyterLab by Chromium, once; the tests look at it."""

import json
import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from served_lab import ask, served

ROOT = Path(__file__).parents[2]
STORE = ROOT / "reports/demo/store"
PICTURES = ROOT / "reports/browser"
NAMES = ("chromium", "chromium-browser", "google-chrome")
NOTEBOOK = "02_peers_and_funnels.ipynb"
# Seconds a wait may take before its test fails: far above what any needed.
LAB_SHOWS, ALL_RUN, EACH = 120, 180, 20
RUN_MENU = "#jp-MainMenu .lm-MenuBar-item >> nth=3"
RUN_ALL = "li.lm-Menu-item[data-command='runmenu:run-all']"
SHOWN = ".jp-Notebook .jp-CodeCell"
PROMPTS = """[...document.querySelectorAll('.jp-Notebook .jp-CodeCell')]
  .map(one => one.querySelector('.jp-InputPrompt').textContent.trim())"""
# Some cells have run and none waits: all are done, or one has failed and the rest
# were given up. A kernel's own "idle" would say the same before the first has begun.
STOPPED = f"""(found => found.some(one => /\\d/.test(one))
  && !found.includes('[*]:'))({PROMPTS})"""
# A picture is drawn once it has a width, a plot once it has a point.
DRAWN = """([...document.querySelectorAll('.jp-OutputArea-output img')]
  .some(one => one.naturalWidth > 0)
  || !!document.querySelector('.js-plotly-plot path.point'))"""


@dataclass
class Run:
    """The page, what the notebook says its cells are, and what was measured."""

    page: object
    cells: list[str]
    outside: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def has(self, call: str) -> bool:
        """Return whether any code cell makes a call."""
        return any(f"{call}(" in cell for cell in self.cells)

    def prompts(self) -> list[str]:
        """Return what stands before each code cell, such as [1]:."""
        return self.page.evaluate(PROMPTS)

    def keep(self, name: str) -> None:
        """Keep a picture of the page as it stands."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png")


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium, driven; a reason where there is none."""
    api = pytest.importorskip(
        "playwright.sync_api", reason="no Playwright: make test-browser installs it"
    )
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip("no Chromium: apt-get install chromium")
    options = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    options.append("--no-proxy-server")
    # Root has no sandbox of Chromium's; the pages come from this machine alone.
    options += ["--no-sandbox"] if os.geteuid() == 0 else []
    with api.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found, args=options)
        yield started
        started.close()


@pytest.fixture(scope="module")
def run(browser, tmp_path_factory):
    """The tutorial opened and every cell run, as the menu does it."""
    if not STORE.is_dir():
        pytest.skip("no sample store: make demo")
    folder = tmp_path_factory.mktemp("lab")
    store = shutil.copytree(STORE, folder / "store")
    begun = time.monotonic()
    with served(store, folder / "own", "--language", "zh") as (told, _):
        context = browser.new_context(viewport={"width": 1500, "height": 1000})
        context.set_default_timeout(EACH * 1000)
        seen = Run(context.new_page(), code_cells(folder / "own" / NOTEBOOK))
        seen.seconds["server"] = time.monotonic() - begun
        seen.page.on("request", lambda asked: note_outside(asked.url, seen.outside))
        open_notebook(seen, told, begun)
        run_all(seen, begun)
        yield seen
        context.close()


def code_cells(path: Path) -> list[str]:
    """Return the texts of a notebook's code cells, in order."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return ["".join(one["source"]) for one in cells if one["cell_type"] == "code"]


def note_outside(asked: str, outside: list[str]) -> None:
    """Note what is asked of another machine; the browser finds none of them."""
    url = urlsplit(asked)
    if url.scheme not in ("data", "blob") and url.hostname != "127.0.0.1":
        outside.append(asked)


def open_notebook(seen: Run, told: dict, begun: float) -> None:
    url = told["url"].replace("/lab?", f"/lab/tree/{NOTEBOOK}?")
    seen.page.goto(url, timeout=LAB_SHOWS * 1000)
    seen.page.wait_for_selector(SHOWN, timeout=LAB_SHOWS * 1000)
    seen.seconds["notebook shown"] = time.monotonic() - begun
    deadline = time.monotonic() + LAB_SHOWS
    # Run before its kernel is there, a notebook asks which one it shall be.
    while not kernel_ready(told):
        assert time.monotonic() < deadline, "the notebook's kernel did not start"
        seen.page.wait_for_timeout(100)


def kernel_ready(told: dict) -> bool:
    """Return whether a kernel waits for the page's first word."""
    token = parse_qs(urlsplit(told["url"]).query)["token"][0]
    kernels = json.loads(ask(told, "/api/kernels", token)[1])
    return any(
        one["connections"] and one["execution_state"] == "idle" for one in kernels
    )


def run_all(seen: Run, begun: float) -> None:
    """Run every cell from the menu; wait until none is left or one has failed."""
    page = seen.page
    page.click(RUN_MENU)
    page.click(RUN_ALL)
    within = ALL_RUN * 1000
    try:
        page.wait_for_function(f"() => {DRAWN} || {STOPPED}", timeout=within)
        if page.evaluate(DRAWN):
            seen.seconds["first chart drawn"] = time.monotonic() - begun
        page.wait_for_function(f"() => {STOPPED}", timeout=within)
        seen.seconds["all cells run"] = time.monotonic() - begun
    except page_timeout():
        seen.keep("timeout")  # the tests tell what is missing
    told = ", ".join(f"{what} {after:.1f} s" for what, after in seen.seconds.items())
    print(f"\nfrom the start of anomaly lab: {told}")  # noqa: T201


def page_timeout() -> type[Exception]:
    from playwright.sync_api import TimeoutError as PageTimeout

    return PageTimeout
