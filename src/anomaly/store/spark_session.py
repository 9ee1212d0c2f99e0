"""Finding or starting Spark; nothing of it is imported before it is asked for."""

import logging
import os
import shutil
import warnings
from importlib.metadata import requires
from importlib.resources import files
from importlib.util import find_spec

from anomaly.errors import UsageError

# Where one of these is set, Spark was set up by someone: its own files say all.
OWN_SETUP = ("SPARK_CONF_DIR", "PYSPARK_GATEWAY_PORT", "PYSPARK_SUBMIT_ARGS")
# Nothing here listens beyond this machine, and one laptop's memory is enough.
LOCAL = {
    "spark.master": "local[*]",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "2g",
    "spark.sql.shuffle.partitions": "8",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
# PySpark says so of frames, which no step uses.
OF_PANDAS = "PySpark does not yet fully support pandas"
# What makes a part equal to DuckDB's: wall time without a zone, errors where
# DuckDB has errors, the calendar as it is, the same compression.
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.ansi.enabled": "true",
}


def check_installed() -> None:
    """Raise UsageError where PySpark or sqlglot is not installed."""
    missing = [name for name in ("pyspark", "sqlglot") if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"engine 'spark': {' and '.join(missing)} not installed",
            todo=f"run: pip install {_extra()}, or build with --engine duckdb",
        )


def _extra() -> str:
    """Return what the extra asks for, as an installer is given it."""
    wanted = (text.partition(";") for text in requires("anomaly") or [])
    return " ".join(f"'{what.strip()}'" for what, _, when in wanted if "spark" in when)


def session():
    """Return a Spark session of our own settings and views.

    It shares the context of the session that is active; without one, Spark is
    started as its own configuration says (`OWN_SETUP`), or else locally. The
    context is left running, for others in the process may use it; it ends with
    the process. UsageError where Spark does not start.
    """
    from pyspark.logger import PySparkLogger
    from pyspark.sql import SparkSession

    # It would log what it raises, all of Java's stack with it.
    PySparkLogger.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", message=OF_PANDAS, category=FutureWarning)
    own = (SparkSession.getActiveSession() or _start()).newSession()
    for key, value in SETTINGS.items():
        own.conf.set(key, value)
    return own


def local_settings() -> dict[str, str]:
    """Return the settings of a local Spark, quiet from its first line."""
    log = files("anomaly.store").joinpath("spark_log.properties")
    options = {"spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={log}"}
    return LOCAL | options


def _start():
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("anomaly")
    if not any(name in os.environ for name in OWN_SETUP):
        _check_java()
        builder = builder.config(map=local_settings())
    try:
        return builder.getOrCreate()
    except PySparkException as error:
        raise UsageError(f"engine 'spark': does not start ({error})") from None


def _check_java() -> None:
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise UsageError(
            "engine 'spark': no Java found",
            expected="Java 17 or newer on the path or under JAVA_HOME",
            todo="install one (Debian, Ubuntu: apt install default-jdk-headless),"
            " or build with --engine duckdb",
        )
