"""`anomaly lab` on loopback: who gets in, what it serves, how it ends."""

import json
import socket
from urllib.parse import parse_qs, urlsplit

import pytest
from drawn import bill, write_bills
from served_lab import ask, end, served
from typer.testing import CliRunner

from anomaly.cli.main import app
from anomaly.errors import UsageError
from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.store import Store

LANGUAGE = "/lab/api/settings/@jupyterlab/translation-extension:plugin"


@pytest.fixture
def store(tmp_path):
    bills = [bill(n, psn_no=f"P{n}", chfpdr_code="D1", fee="50.00") for n in range(3)]
    opened = Store.create(tmp_path / "store")
    load(opened, [write_bills(tmp_path / "x", bills)], load_mapping())
    opened.close()
    return tmp_path / "store"


def reached(address: str, port: int) -> bool:
    """Return whether anything listens there; all of 127.0.0.0/8 is this machine."""
    with socket.socket() as asker:
        return asker.connect_ex((address, port)) == 0


def test_it_serves_who_has_the_token_and_ends_with_ctrl_c(store, tmp_path):
    own = tmp_path / "own"
    home = tmp_path / "home"
    # A configuration of the user's own must not open our door.
    (home / ".jupyter").mkdir(parents=True)
    theirs = {"ServerApp": {"ip": "0.0.0.0"}, "IdentityProvider": {"token": ""}}  # noqa: S104
    (home / ".jupyter/jupyter_server_config.json").write_text(json.dumps(theirs))
    with socket.create_server(("127.0.0.1", 0)) as busy:
        taken = busy.getsockname()[1]
        locale = {"LC_ALL": "zh_CN.UTF-8", "HOME": str(home)}
        with served(store, own, "--port", str(taken), **locale) as (told, process):
            token = parse_qs(urlsplit(told["url"]).query)["token"][0]
            assert told["port"] != taken
            # Bound to every address, it would answer at the second one too.
            assert reached("127.0.0.1", told["port"])
            assert not reached("127.0.0.2", told["port"])
            assert ask(told, "/api/status")[0] == 403
            assert ask(told, "/api/contents", "guessed")[0] == 403
            assert ask(told, "/api/status", token)[0] == 200
            language = json.loads(ask(told, LANGUAGE, token)[1])
            assert json.loads(language["raw"] or "{}") == {}
            chosen = language["schema"]["properties"]["locale"]["default"]
            assert chosen == "zh_CN"
            words = json.loads(ask(told, "/lab/api/translations/zh_CN", token)[1])
            assert words["data"]["jupyterlab"]["Open File"] == ["打开文件"]
            listed = json.loads(ask(told, "/api/contents", token)[1])["content"]
            assert sorted(told["copied"]) == sorted(one["name"] for one in listed)
            assert end(process) == 0
    # Neither settings nor the token went into the user's home.
    kept = [path.name for path in home.rglob("*") if path.is_file()]
    assert kept == ["jupyter_server_config.json"]
    assert not list((own / ".lab/runtime").glob("jpserver-*"))


def test_where_there_is_no_store_nothing_is_started_or_copied(tmp_path):
    asked = ["lab", "--store", tmp_path / "none", "--notebooks", tmp_path / "own"]
    done = CliRunner().invoke(app, list(map(str, asked)))
    assert isinstance(done.exception, UsageError)
    assert not (tmp_path / "own").exists()
