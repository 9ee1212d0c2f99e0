"""What a session of JupyterLab is started with, without starting one."""

import pytest

import anomaly
from anomaly.cli.lab_session import (
    CHOSEN,
    Session,
    chosen_language,
    copy_notebooks,
    shipped_notebooks,
    write_settings,
)
from anomaly.errors import UsageError


@pytest.fixture
def session(tmp_path):
    return Session(
        notebooks=tmp_path / "notebooks",
        store=tmp_path / "store",
        language="zh",
        port=8901,
        token="secret",  # noqa: S106
        browser=False,
    )


@pytest.mark.parametrize(
    ("asked", "environment", "chosen"),
    [
        ("zh", {"LANG": "en_US.UTF-8"}, "zh"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
        ("auto", {"LANG": "zh_CN.UTF-8"}, "zh"),
        ("auto", {"LANG": "zh_CN.GB18030", "LC_ALL": "C.UTF-8"}, "en"),
        ("auto", {"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN"}, "zh"),
        ("auto", {"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN"}, "zh"),
        ("auto", {"LC_ALL": "", "LANG": "zh_SG"}, "zh"),
        ("auto", {}, "en"),
    ],
)
def test_the_language_is_as_asked_or_as_the_locale_says(asked, environment, chosen):
    assert chosen_language(asked, environment) == chosen


def test_an_unknown_language_is_refused():
    with pytest.raises(UsageError, match="auto, zh, en"):
        chosen_language("fr", {})


def test_it_listens_on_this_machine_alone_behind_its_token(session):
    said = session.arguments()
    assert "--ServerApp.ip=127.0.0.1" in said
    assert "--ServerApp.port=8901" in said
    assert "--IdentityProvider.token=secret" in said
    assert "--PasswordIdentityProvider.hashed_password=" in said
    assert "--ServerApp.allow_remote_access=False" in said
    assert "--ServerApp.open_browser=False" in said
    assert f"--ServerApp.root_dir={session.notebooks}" in said
    assert "--LabApp.collaborative=False" in said


def test_it_asks_nothing_of_the_world_outside(session):
    said = session.arguments()
    assert "--LabApp.news_url=None" in said
    assert "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate" in said
    assert "--LabApp.extension_manager=readonly" in said
    assert "--LanguageServerManager.autodetect=False" in said
    notices = session.settings()["@jupyterlab/apputils-extension:notification"]
    assert notices == {"fetchNews": "false", "checkForUpdates": False}


@pytest.mark.parametrize("root", [True, False])
def test_root_is_allowed_only_where_it_is_root_who_starts_it(session, root):
    started = Session(**vars(session) | {"root": root})
    assert f"--ServerApp.allow_root={root}" in started.arguments()


def test_notebooks_find_the_store_and_lab_its_own_folders(session):
    found = session.environment()
    assert found["ANOMALY_STORE"] == str(session.store)
    folders = [value for name, value in found.items() if name.startswith("JUPYTER")]
    assert len(set(folders)) == 3
    assert all(folder.startswith(str(session.home)) for folder in folders)


def test_a_language_asked_for_outdoes_the_menu_and_else_the_menu_stays(session):
    chosen = session.home / "user-settings" / CHOSEN
    chosen.parent.mkdir(parents=True)
    chosen.write_text('{"locale": "en"}')
    write_settings(session, language_asked=False)
    assert chosen.exists()
    write_settings(session, language_asked=True)
    assert not chosen.exists()
    overrides = (session.home / "settings/overrides.json").read_text()
    assert '"locale": "zh_CN"' in overrides
    assert (session.home / ".gitignore").read_text() == "*\n"


def test_notebooks_are_copied_and_none_is_overwritten(tmp_path):
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    shipped.mkdir()
    own.mkdir()
    paths = [shipped / "01_first.ipynb", shipped / "02_next.ipynb"]
    for path in paths:
        path.write_text("shipped")
    (own / "01_first.ipynb").write_text("edited")
    assert copy_notebooks(paths, own) == ["02_next.ipynb"]
    assert (own / "01_first.ipynb").read_text() == "edited"
    assert (own / "02_next.ipynb").read_text() == "shipped"
    assert copy_notebooks(paths, own) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "own").write_text("a file")
    with pytest.raises(UsageError, match="--notebooks"):
        copy_notebooks([], tmp_path / "own")


def test_the_tutorials_are_shipped_and_the_templates_of_briefs_are_not():
    names = [path.name for path in shipped_notebooks()]
    assert "02_peers_and_funnels.ipynb" in names
    assert "district_brief.ipynb" not in names


def test_a_notebook_opens_the_store_that_the_environment_names(tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALY_STORE", str(tmp_path / "named"))
    with pytest.raises(UsageError, match="named': there is none"):
        anomaly.open_store()
    with pytest.raises(UsageError, match="given': there is none"):
        anomaly.open_store(tmp_path / "given")


def test_without_a_name_it_says_what_to_do(monkeypatch):
    monkeypatch.delenv("ANOMALY_STORE", raising=False)
    with pytest.raises(UsageError, match="anomaly lab --store STORE"):
        anomaly.open_store()
