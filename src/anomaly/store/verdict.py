"""The fate of each staged row: accepted, quarantined, duplicate or ignored."""

import duckdb

from anomaly.store.account import Account
from anomaly.tables import Table


def judge(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Make the view ``judged``: the staged rows with ``fate`` and ``reason``.

    Expects the views ``staged``, ``stored`` (the table as it is in the store)
    and, for charges, ``settlement_month`` and ``ignored_settlement``.
    """
    valid = "is_valid IS DISTINCT FROM true AND is_valid IS NOT NULL"
    has_flag = any(column.name == "is_valid" for column in table.columns)
    ignored = valid if has_flag else "false"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE verdict (line BIGINT, fate VARCHAR, why VARCHAR)"
    )
    if table.month == "settlement" and table.name != "visit":
        link = "settlement_id" if table.name == "charge" else "visit_id"
        _judge_orphans(connection, link)
    _judge_keys(connection, table, ignored)
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW judged AS"
        " SELECT staged.* EXCLUDE (reason), coalesce(reason, why) AS reason,"
        " CASE WHEN reason IS NOT NULL THEN 'quarantined'"
        f" WHEN {ignored} THEN 'ignored'"
        " ELSE coalesce(verdict.fate, 'accepted') END AS fate"
        " FROM staged LEFT JOIN verdict USING (line)"
    )


def _judge_orphans(connection: duckdb.DuckDBPyConnection, link: str) -> None:
    """A row of no settlement waits in quarantine; of an ignored one, is ignored."""
    connection.execute(
        "INSERT INTO verdict SELECT line,"
        f" CASE WHEN i.{link} IS NULL THEN 'quarantined' ELSE 'ignored' END,"
        f" CASE WHEN i.{link} IS NULL THEN 'orphan:{link}' END"
        " FROM (SELECT * FROM staged WHERE reason IS NULL) s"
        f" ANTI JOIN settlement_month m ON s.{link} = m.{link}"
        f" LEFT JOIN (SELECT DISTINCT {link} FROM ignored_settlement) i"
        f" ON s.{link} = i.{link}"
    )


def _judge_keys(
    connection: duckdb.DuckDBPyConnection, table: Table, ignored: str
) -> None:
    """The first row of a key stands; a later one is a duplicate or a conflict.

    A master's row with new content is news, not a conflict: it supersedes the
    stored one. Only keys met twice are looked at closely, so that the common
    case costs one aggregation.
    """
    key = ", ".join(table.key)
    sound = f"FROM staged WHERE reason IS NULL AND NOT ({ignored})"
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
    if not table.month:
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
        " WHERE nth > 1 AND line NOT IN (SELECT line FROM verdict)"
    )


def account(connection: duckdb.DuckDBPyConnection, table: Table) -> Account:
    """Return the account of the judged file, its unsplittable rows included."""
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
