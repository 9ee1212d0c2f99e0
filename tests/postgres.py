"""A PostgreSQL of the tests' own: started, used and stopped by them alone."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

USER, PASSWORD = "auditor", "only-for-this-test"
UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True)
class Server:
    """Where the server listens: the loopback address and a free port."""

    port: int

    @property
    def url(self) -> str:
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.url, autocommit=True)


def programs() -> Path | None:
    """Return the folder of initdb and pg_ctl, the newest found, or None."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    folders += [Path(found).resolve().parent] if found else []
    both = ("initdb", "pg_ctl")
    return next((f for f in folders if all((f / p).is_file() for p in both)), None)


def _unprivileged() -> str:
    """The server refuses to run as root: name the account that it runs under."""
    if os.getuid():
        return ""
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in known)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(bin_: Path) -> Iterator[Server]:
    """Start a server on a data directory of its own; stop it and delete that."""
    account = _unprivileged()
    as_account = ["setpriv", f"--reuid={account}", f"--regid={account}"] * bool(account)
    as_account += ["--clear-groups"] * bool(account)
    home = Path(tempfile.mkdtemp(prefix="anomaly-pg-"))

    def run(program: str, *words: str) -> None:
        subprocess.run(
            [*as_account, str(bin_ / program), "-D", str(home / "data"), *words],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=home,
        )

    try:
        secret = home / "secret"
        secret.write_text(PASSWORD)
        if account:
            for path in (home, secret):
                shutil.chown(path, account)
        run("initdb", "-U", USER, "-A", "scram-sha-256", f"--pwfile={secret}", "-N")
        port = _free_port()
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        run("pg_ctl", "-w", "-l", str(home / "log"), "-o", options, "start")
        try:
            yield Server(port)
        finally:
            run("pg_ctl", "-w", "-m", "fast", "stop")
    finally:
        shutil.rmtree(home)
