"""The fate of each staged row: accepted, quarantined, duplicate or ignored."""

from collections.abc import Iterable
from datetime import date

import duckdb

from anomaly.store.account import Account
from anomaly.tables import Table


def ignored(columns: Iterable[str]) -> str:
    """Return SQL that says whether a row of these columns is marked as not valid."""
    return "NOT coalesce(is_valid, true)" if "is_valid" in columns else "false"


def _ignored(table: Table) -> str:
    return ignored([column.name for column in table.stored])


def link_of(table: Table) -> str:
    """Return the column by which a row follows its settlement."""
    return "settlement_id" if table.name == "charge" else "visit_id"


def judge(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Make the view ``judged``: the staged rows with ``fate`` and ``reason``.

    Expects the views ``staged`` and ``stored`` (the table as it is in the store),
    both with every column.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE verdict (line BIGINT, fate VARCHAR, why VARCHAR)"
    )
    _judge_keys(connection, table)
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW judged AS"
        " SELECT staged.* EXCLUDE (reason), coalesce(reason, why) AS reason,"
        " CASE WHEN reason IS NOT NULL THEN 'quarantined'"
        f" WHEN {_ignored(table)} THEN 'ignored'"
        " ELSE coalesce(verdict.fate, 'accepted') END AS fate"
        " FROM staged LEFT JOIN verdict USING (line)"
    )


def goes_in(given: Iterable[str]) -> str:
    """Return SQL that says whether a staged row of these columns is accepted."""
    return f"reason IS NULL AND month IS NOT NULL AND NOT ({ignored(given)})"


def months_of(
    connection: duckdb.DuckDBPyConnection, table: Table, given: Iterable[str]
) -> dict[date, Account]:
    """Return the account of each month of staged rows that go in."""
    money = f"sum({table.money})" if table.money else "NULL"
    query = (
        f"SELECT month, count(*), {money} FROM staged WHERE {goes_in(given)}"
        " GROUP BY month"
    )
    found: dict[date, Account] = {}
    for month, rows, amount in connection.execute(query).fetchall():
        book = found[month] = Account()
        book.add("accepted", rows, amount)
        if table.money:
            book.open_amounts()
    return found


def judge_followers(
    connection: duckdb.DuckDBPyConnection, table: Table, given: Iterable[str]
) -> None:
    """Make the view ``judged`` of staged rows that know the month they follow.

    A row of no settlement waits in quarantine; of an ignored one, is ignored.
    Keys are not looked at. Expects ``staged`` with its ``month``, and
    ``ignored_settlement``.
    """
    link, gone = link_of(table), ignored(given)
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW judged AS SELECT s.* EXCLUDE (reason),"
        f" coalesce(reason, CASE WHEN month IS NULL AND i.{link} IS NULL"
        f" AND NOT {gone} THEN 'orphan:{link}' END) AS reason,"
        " CASE WHEN reason IS NOT NULL THEN 'quarantined'"
        f" WHEN {gone} THEN 'ignored'"
        " WHEN month IS NOT NULL THEN 'accepted'"
        f" WHEN i.{link} IS NOT NULL THEN 'ignored'"
        " ELSE 'quarantined' END AS fate FROM staged s"
        f" LEFT JOIN (SELECT DISTINCT {link} FROM ignored_settlement) i USING ({link})"
    )


def _judge_keys(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """The first row of a key stands; a later one is a duplicate or a conflict.

    A master's row with new content is news, not a conflict: it supersedes the
    stored one. Only keys met twice are looked at closely, so that the common
    case costs one aggregation.
    """
    key = ", ".join(table.key)
    sound = f"FROM staged WHERE reason IS NULL AND NOT ({_ignored(table)})"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE repeated AS"
        f" SELECT {key} {sound} GROUP BY {key} HAVING count(*) > 1"
        f" UNION SELECT {key} {sound} INTERSECT SELECT {key} FROM stored"
    )
    if not connection.execute("SELECT count(*) FROM repeated").fetchone()[0]:
        return
    content = f"hash({', '.join(column.name for column in table.stored)})"
    same = " AND ".join(f"r.{c} IS NOT DISTINCT FROM t.{c}" for c in table.key)
    # Stored rows are line 0. Those of a master stand only for what equals them.
    stored = f"SELECT 0 AS line, {key}, {content} AS content FROM stored"
    if table.latest or not table.month:
        stored += f" WHERE {content} IN (SELECT {content} {sound})"
    connection.execute(
        "INSERT INTO verdict SELECT line,"
        " CASE WHEN content = first_content THEN 'duplicate' ELSE 'quarantined' END,"
        f" CASE WHEN content <> first_content THEN 'key:{table.key[0]}' END"
        " FROM (SELECT line, content,"
        f" first_value(content) OVER w AS first_content, row_number() OVER w AS nth"
        f" FROM (SELECT line, {key}, {content} AS content {sound}"
        f" UNION ALL {stored}) t"
        f" SEMI JOIN repeated r ON {same}"
        f" WINDOW w AS (PARTITION BY {key} ORDER BY line))"
        " WHERE nth > 1"
    )


def account(connection: duckdb.DuckDBPyConnection, table: Table) -> Account:
    """Return the account of ``judged``, and of the rows in ``rejected``."""
    money = f"sum({table.money})" if table.money else "NULL"
    book = Account()
    query = f"SELECT fate, count(*), {money} FROM judged GROUP BY fate ORDER BY fate"
    for fate, rows, amount in connection.execute(query).fetchall():
        book.add(fate, rows, amount)
    rejected = connection.execute("SELECT count(*) FROM rejected").fetchone()[0]
    book.add("quarantined", rejected, None)
    if table.money:
        book.open_amounts()
        query = (
            f"SELECT count(*) FROM judged WHERE {table.money} IS NULL"
            " AND fate = 'quarantined'"
        )
        unread = connection.execute(query).fetchone()[0]
        book.unreadable_amounts = unread + rejected
    return book
