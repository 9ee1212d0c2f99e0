"""A session of JupyterLab: its notebooks, its own settings, how it is started.

All that Lab keeps lies in one hidden folder beside the notebooks. So neither its
settings nor a server's configuration in the user's home say how ours runs, and
nothing of ours is left there.
"""

import json
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from anomaly.errors import UsageError

ADDRESS = "127.0.0.1"
HOME = ".lab"
LOCALES = {"zh": "zh_CN", "en": "en"}
LANGUAGES = ("auto", *LOCALES)
# In the order that POSIX gives them: the first that says anything is heard.
LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
# The tutorials are numbered; what the briefs are made from is not.
TUTORIALS = "[0-9][0-9]_*.ipynb"
TRANSLATION = "@jupyterlab/translation-extension:plugin"
NOTIFICATION = "@jupyterlab/apputils-extension:notification"
# Where Lab keeps what is chosen in its language menu.
CHOSEN = "@jupyterlab/translation-extension/plugin.jupyterlab-settings"


@dataclass(frozen=True)
class Session:
    """What one server is started with; `notebooks` and `store` are whole paths."""

    notebooks: Path
    store: Path
    language: str
    port: int
    token: str
    browser: bool = True
    root: bool = False

    @property
    def home(self) -> Path:
        """The hidden folder beside the notebooks where Lab keeps its things."""
        return self.notebooks / HOME

    def environment(self) -> dict[str, str]:
        """Return what the server and its kernels find in their environment."""
        from anomaly.store.store import STORE_VARIABLE

        return {
            STORE_VARIABLE: str(self.store),
            "JUPYTER_CONFIG_DIR": str(self.home / "config"),
            "JUPYTER_DATA_DIR": str(self.home / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.home / "runtime"),
        }

    def settings(self) -> dict[str, dict]:
        """Return the settings that take the place of Lab's own defaults."""
        return {
            TRANSLATION: {"locale": LOCALES[self.language]},
            NOTIFICATION: {"fetchNews": "false", "checkForUpdates": False},
        }

    def arguments(self) -> list[str]:
        """Return the server's command line, which overrules any configuration.

        It is read within this process, so that no list of processes shows the
        token. Terminals stay: a notebook can run whatever a terminal can, as the
        same user, and `anomaly load` is at home in one.
        """
        chosen = {
            "ServerApp.ip": ADDRESS,
            "ServerApp.port": self.port,
            "ServerApp.root_dir": self.notebooks,
            "ServerApp.open_browser": self.browser,
            "ServerApp.allow_remote_access": False,
            "ServerApp.allow_root": self.root,
            "ServerApp.log_level": "WARN",
            "LabApp.log_level": "WARN",
            "ServerApp.terminals_enabled": True,
            "IdentityProvider.token": self.token,
            "PasswordIdentityProvider.hashed_password": "",
            "PasswordIdentityProvider.allow_password_change": False,
            "LabApp.app_settings_dir": self.home / "settings",
            "LabApp.user_settings_dir": self.home / "user-settings",
            "LabApp.workspaces_dir": self.home / "workspaces",
            "LabApp.collaborative": False,
            # No other program is looked for, and nothing is asked of the world outside.
            "LanguageServerManager.autodetect": False,
            "LabApp.extension_manager": "readonly",
            "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
            "LabApp.news_url": "None",
        }
        return [f"--{name}={value}" for name, value in chosen.items()]


def chosen_language(asked: str, environment: Mapping[str, str]) -> str:
    """Return zh or en: as asked, or as the locale says where that is left to it."""
    if asked not in LANGUAGES:
        raise UsageError(
            f"--language '{asked}'", expected=f"one of {', '.join(LANGUAGES)}"
        )
    if asked != "auto":
        return asked
    said = (environment[name] for name in LOCALE_VARIABLES if environment.get(name))
    return "zh" if next(said, "").lower().startswith("zh") else "en"


def shipped_notebooks() -> list[Path]:
    """Return the tutorials: the wheel's own, or those of the clone, in order."""
    inside = Path(str(files("anomaly"))) / "notebooks"
    beside = Path(__file__).parents[3] / "notebooks"
    return sorted((inside if inside.is_dir() else beside).glob(TUTORIALS))


def copy_notebooks(shipped: Sequence[Path], folder: Path) -> list[str]:
    """Copy what the folder has not got; return the names. Nothing is overwritten."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        missing = [path for path in shipped if not (folder / path.name).exists()]
        for path in missing:
            with (folder / path.name).open("xb") as target:
                target.write(path.read_bytes())
    except OSError as error:
        raise UsageError(
            f"--notebooks {folder}: cannot be written ({error.strerror})",
            expected="a folder of your own",
        ) from None
    return [path.name for path in missing]


def write_settings(session: Session, language_asked: bool) -> None:
    """Write the session's settings; a language asked for outdoes the menu's choice."""
    folder = session.home / "settings"
    folder.mkdir(parents=True, exist_ok=True)
    # Outputs hold rows of persons, and here lies a token: none of it is for git.
    (session.home / ".gitignore").write_text("*\n", encoding="utf-8")
    text = json.dumps(session.settings(), indent=2)
    (folder / "overrides.json").write_text(text, encoding="utf-8")
    if language_asked:
        (session.home / "user-settings" / CHOSEN).unlink(missing_ok=True)


def prepare_server(session: Session):
    """Return JupyterLab's server; its `port` is chosen, its loop not yet started.

    UsageError where no port from the one asked for can be had.
    """
    os.environ.update(session.environment())
    from jupyterlab.labapp import LabApp

    try:
        server = LabApp.initialize_server(session.arguments())
    except SystemExit:
        raise UsageError(
            f"--port {session.port}: no server can be started there",
            expected="a port that is free and yours to use",
        ) from None
    # Ctrl-C ends it without a question, and ends its kernels first.
    signal.signal(signal.SIGINT, lambda *_: server.stop(from_signal=True))
    return server
