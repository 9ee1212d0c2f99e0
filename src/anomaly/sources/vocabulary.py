"""What a mapping knows, as rows for people."""

from anomaly.sources.dictionaries import of_column
from anomaly.sources.mapping import Mapping, plain
from anomaly.tables import Column, Table, tables


def vocabulary(mapping: Mapping, table: str = "") -> list[dict]:
    """Return one row a column: table, table_zh, names_of_table, column, zh, type,
    names (as exports head it), kept (false for personal ones), digest (true where a
    keyed digest is kept in its place), dictionary, codes.
    """
    wanted = [tables()[table]] if table else tables().values()
    return [
        _row(mapping, one, column)
        for one in wanted
        for column in one.columns
        if not column.derived
    ]


def _row(mapping: Mapping, table: Table, column: Column) -> dict:
    own = {plain(column.zh), column.name}
    names = mapping.columns[table.name].items()
    files = [n for n, t in mapping.tables.items() if t == table.name]
    dictionary = of_column(column.name)
    codes = mapping.dictionaries[dictionary.name].codes if dictionary else {}
    return {
        "table": table.name,
        "table_zh": table.zh,
        "files": " ".join(n for n in files if n not in (table.name, table.zh)),
        "column": column.name,
        "zh": column.zh,
        "type": column.type,
        "names": " ".join(n for n, c in names if c == column.name and n not in own),
        "kept": not column.personal,
        "digest": column.digest,
        "dictionary": dictionary.name if dictionary else "",
        "codes": {code: record.zh for code, record in codes.items()},
    }
