"""Tables of a database go in as its export would, and its secrets nowhere."""

import formats
import postgres
import pytest

from anomaly.errors import DataRefusedError, UsageError
from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load


def test_a_sqlite_database(tmp_path, same_as_plain, drawn_tables):
    url = formats.as_sqlite(drawn_tables, tmp_path / "fund.db")
    store, _ = same_as_plain(url=url)
    before = store.fingerprint()
    again = load(store, [], load_mapping(), url=url)
    assert again.accounts["settlement"].duplicate == 5
    assert again.accounts["settlement"].accepted == 0
    assert store.fingerprint() == before


@pytest.mark.parametrize(
    ("url", "error", "says"),
    [
        ("nonsense", UsageError, "no database address"),
        ("sqlite:////nowhere/x.db", UsageError, "no such file"),
        ("klingon://u:s3cret@h/d", UsageError, "no driver"),
        ("mysql://u:s3cret@h/d", UsageError, "no driver"),
        ("postgresql://anna:s3cret@127.0.0.1:1/d", DataRefusedError, "127.0.0.1:1/d"),
    ],
)
def test_a_wrong_address_is_one_line_without_secrets(taken, url, error, says):
    with pytest.raises(error, match=says) as refusal:
        taken(url=url)
    text = str(refusal.value)
    assert "s3cret" not in text
    assert "anna" not in text
    assert "\n" not in text


def test_what_is_no_database_is_refused(tmp_path, taken):
    path = tmp_path / "x.db"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(DataRefusedError, match="--from sqlite"):
        taken(url=f"sqlite:///{path}")


@pytest.fixture(scope="module")
def server():
    programs = postgres.programs()
    if programs is None:
        pytest.skip("this machine has no PostgreSQL server (initdb, pg_ctl)")
    with postgres.running(programs) as started:
        yield started


def fill(server, tables, schema="public"):
    """Make the tables anew in a schema, typed as the platform types them."""
    with server.connect() as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        connection.execute(f"CREATE SCHEMA {schema}")
        for name, rows in tables.items():
            connection.execute(formats.ddl(name, list(rows[0]), f"{schema}."))
            marks = ", ".join("%s" for _ in rows[0])
            for row in rows:
                cells = [formats.typed(*cell) for cell in row.items()]
                connection.execute(
                    f"INSERT INTO {schema}.{name} VALUES ({marks})", cells
                )


@pytest.fixture
def empty_server(server):
    """The server with nothing in it but an empty default schema."""
    with server.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS ods CASCADE")
        connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return server


@pytest.mark.parametrize("schema", ["public", "ods"])
def test_postgresql(empty_server, same_as_plain, drawn_tables, schema):
    fill(empty_server, drawn_tables, schema)
    store, report = same_as_plain(url=empty_server.url)
    shown = {f"ods.{name}" if schema == "ods" else name for name in drawn_tables}
    assert set(report.missing) == shown
    before = store.fingerprint()
    with empty_server.connect() as connection:  # moves the row to the table's end
        connection.execute(
            f"UPDATE {schema}.setl_d SET setl_id = setl_id WHERE setl_id = 'S1'"
        )
    again = load(store, [], load_mapping(), url=empty_server.url)
    assert again.accounts["settlement"].duplicate == 5
    assert store.fingerprint() == before


def test_no_secret_enters_the_store(empty_server, taken, drawn_tables):
    fill(empty_server, drawn_tables)
    store, _ = taken(url=empty_server.url)
    store.catalog.close()
    for path in store.root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert postgres.PASSWORD.encode() not in content
            assert postgres.USER.encode() not in content


def test_a_partitioned_table_is_read_once(empty_server, taken, drawn_tables):
    fill(empty_server, drawn_tables)
    with empty_server.connect() as connection:
        connection.execute("ALTER TABLE setl_d RENAME TO setl_d_202605")
        connection.execute(
            "CREATE TABLE setl_d (LIKE setl_d_202605) PARTITION BY LIST (med_type)"
        )
        connection.execute(
            "ALTER TABLE setl_d ATTACH PARTITION setl_d_202605 FOR VALUES IN ('11')"
        )
    _, report = taken(url=empty_server.url)
    assert report.accounts["settlement"].read == 5


def test_many_rows_come_in_batches(empty_server, taken, drawn_tables):
    fill(empty_server, drawn_tables)
    with empty_server.connect() as connection:
        connection.execute(
            "INSERT INTO dr_info_b (dr_code, dr_name, medins_code)"
            " SELECT 'X' || i, '测试医师', 'H1' FROM generate_series(1, 25000) i"
        )
    _, report = taken(url=empty_server.url)
    assert report.accounts["doctor"].accepted == 25_001


def test_an_instant_is_shown_by_the_clock_of_beijing(empty_server, taken, drawn_tables):
    fill(empty_server, drawn_tables)
    with empty_server.connect() as connection:
        connection.execute("SET TIME ZONE 'Asia/Shanghai'")
        connection.execute("ALTER TABLE setl_d ALTER setl_time TYPE timestamptz")
    store, _ = taken(url=empty_server.url)
    query = "SELECT settled_at FROM settlement WHERE settlement_id = 'S2'"
    assert str(store.sql(query).iloc[0, 0]) == "2026-05-31 23:59:59"


@pytest.mark.parametrize(
    ("old", "new"),
    [(postgres.PASSWORD, "wr0ng"), ("/postgres", "/absent"), (postgres.USER, "eve")],
)
def test_a_refused_connection_is_one_line(server, taken, old, new):
    with pytest.raises(DataRefusedError, match=r"--from postgresql://127") as refusal:
        taken(url=server.url.replace(old, new))
    text = str(refusal.value)
    for secret in (postgres.PASSWORD, postgres.USER, "wr0ng", "\n"):
        assert secret not in text
