"""The command that opens the notebooks in JupyterLab: lab."""

import os
import sys
from pathlib import Path
from secrets import token_urlsafe
from typing import Annotated

import typer

from anomaly.cli.data import AsJson, StorePath
from anomaly.cli.lab_session import (
    ADDRESS,
    Session,
    chosen_language,
    copy_notebooks,
    prepare_server,
    shipped_notebooks,
    write_settings,
)
from anomaly.cli.output import err, out, say_json

IN_PLACE = (
    "these are the clone's own notebooks: what they show may hold rows of persons,"
    " and git would keep it; --notebooks DIR works on copies"
)


def register(app: typer.Typer) -> None:
    app.command()(lab)


def lab(
    store: StorePath,
    notebooks: Annotated[
        Path, typer.Option(help="Folder of your notebooks; tutorials it lacks go in.")
    ] = Path("notebooks"),
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="The next free one if it is taken.")
    ] = 8888,
    language: Annotated[
        str, typer.Option(help="zh, en, or auto: as the locale says.")
    ] = "auto",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open it in a browser.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Open the notebooks in JupyterLab on this machine, until Ctrl-C.

    In notebooks anomaly.open_store() opens the store. Only who has the address
    with its token gets in. With --json one object tells it once it can be asked.
    """
    from anomaly.store.store import Store

    Store.open(store).catalog.close()
    session = Session(
        notebooks=notebooks.resolve(),
        store=store.resolve(),
        language=chosen_language(language, os.environ),
        port=port,
        token=token_urlsafe(32),
        browser=browser,
        root=os.geteuid() == 0,
    )
    shipped = shipped_notebooks()
    if session.notebooks in {path.parent for path in shipped}:
        err.print(IN_PLACE)
    copied = copy_notebooks(shipped, session.notebooks)
    write_settings(session, language != "auto")
    server = prepare_server(session)
    # The loop binds the port first, so what is told can be asked at once.
    server.io_loop.add_callback(_tell, session, server.port, copied, as_json)
    server.start()


def _tell(session: Session, port: int, copied: list[str], as_json: bool) -> None:
    """Say where it is, the one time that the token is shown."""
    told = {
        "url": f"http://{ADDRESS}:{port}/lab?token={session.token}",
        "port": port,
        "pid": os.getpid(),
        "notebooks": str(session.notebooks),
        "copied": copied,
        "store": str(session.store),
        "language": session.language,
    }
    if as_json:
        say_json(told)
    else:
        _show(told, session.port)
    # It is waited for while the server runs on.
    sys.stdout.flush()


def _show(told: dict, asked: int) -> None:
    copied, port = told["copied"], told["port"]
    if copied:
        names = ", ".join(copied)
        err.print(f"copied to {told['notebooks']}: {names}", markup=False)
    if port != asked:
        err.print(f"port {asked} is taken: {port} is used")
    out.print(told["url"], markup=False, highlight=False, soft_wrap=True)
    err.print("Ctrl-C ends it")
