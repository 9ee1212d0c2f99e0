"""One text of SQL, DuckDB's, as Spark is to be given it."""

from dataclasses import dataclass

from anomaly.errors import StoreError

# DuckDB has this type in memory only; it writes it to Parquet as DOUBLE.
IN_PARQUET = {"HUGEINT": "DOUBLE"}
# DuckDB counts the borders of these that lie between two times, Spark whole ones.
PARTS_OF_A_DAY = ("HOUR", "MINUTE", "SECOND", "MILLISECOND")


@dataclass(frozen=True)
class SparkText:
    """A query for Spark.

    ``kept`` are the parts marked MATERIALIZED, name -> query, in order: Spark has
    no such mark and would compute them anew for each use. ``query`` reads them
    as tables. ``order`` is what it is ordered by, taken off it.
    """

    kept: dict[str, str]
    query: str
    order: str
    reads: frozenset[str]

    @property
    def whole(self) -> str:
        """The text as a person reads it."""
        kept = [
            f"CACHE TABLE {name} AS\n{query};\n\n" for name, query in self.kept.items()
        ]
        order = f"\nORDER BY\n  {self.order}" if self.order else ""
        return "".join(kept) + self.query + order

    def one_file(self, columns: dict[str, str]) -> str:
        """Return the query that gives the rows of one file, in order.

        ``columns`` are names and DuckDB types: the sum of a DECIMAL(18,2) is wider
        in one engine than in the other, and both must write the same.
        """
        cells = ", ".join(
            f"CAST(`{name}` AS {spark_type(type_)}) AS `{name}`"
            for name, type_ in columns.items()
        )
        order = f"\nSORT BY {self.order}" if self.order else ""
        return f"SELECT /*+ REPARTITION(1) */ {cells} FROM (\n{self.query}\n){order}"


def spark_type(duckdb_type: str) -> str:
    """Return Spark's name of a DuckDB type."""
    from sqlglot import exp

    kind = exp.DataType.build(
        IN_PARQUET.get(duckdb_type, duckdb_type), dialect="duckdb"
    )
    return kind.sql("spark")


def to_spark(sql: str) -> SparkText:
    """Translate a query; StoreError where a construct has no equal in Spark."""
    from sqlglot import exp

    tree = _alike(_parse(sql))
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    reads = {table.name for table in tree.find_all(exp.Table)} - own
    order = _take_order(tree)
    kept: dict[str, str] = {}
    for with_ in list(tree.find_all(exp.With)):
        kept |= _take_kept(with_)
    return SparkText(kept, _write(tree), order, frozenset(reads))


def _parse(sql: str):
    import sqlglot

    try:
        return sqlglot.parse_one(sql, read="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise StoreError(f"a step's text cannot be read for Spark: {error}") from None


def _alike(tree):
    """Let what both engines have under one name compute the same in both.

    A quotient and a mean are of doubles, whatever they are of: Spark would round
    those of decimals to a few digits. Over nought a quotient is null rather than an
    error: Spark divides before a HAVING takes the row away.
    """
    from sqlglot import exp

    for one in reversed([*tree.find_all(exp.Div), *tree.find_all(exp.Avg)]):
        one.set("this", exp.cast(one.this, "DOUBLE", dialect="duckdb"))
        if isinstance(one, exp.Div):
            one.replace(exp.SafeDivide(this=one.this, expression=one.expression))
    for span in tree.find_all(exp.DateDiff):
        _count_borders(span)
    # The inner ones first: an outer one is written with what stands in it.
    for cast in reversed(list(tree.find_all(exp.Cast))):
        _round_as_duckdb(cast)
    return tree


def _count_borders(span) -> None:
    """Turn a span of time into one that lies between whole parts of a day."""
    from sqlglot import exp

    unit = span.args["unit"].name.upper()
    if unit in PARTS_OF_A_DAY:
        for side in ("this", "expression"):
            border = exp.TimestampTrunc(this=span.args[side], unit=exp.var(unit))
            span.set(side, border)


def _round_as_duckdb(cast) -> None:
    """Let a double become a decimal by DuckDB's arithmetic.

    It rounds the double times a power of ten; Spark rounds the double as written
    out. 293.99875 is a little less, and so 293.9987 in one, 293.9988 in the other.
    What is a double, Spark knows before it runs.
    """
    from sqlglot import exp, parse_one

    if (
        type(cast) is not exp.Cast
        or not cast.to.is_type("decimal")
        or isinstance(cast.this, exp.Literal | exp.Null)
    ):
        return
    scale = cast.to.expressions[1].name
    rounded = exp.replace_placeholders(
        parse_one(
            "CASE WHEN typeof(:cell) = 'double'"
            f" THEN CAST(round(CAST(:cell AS DOUBLE) * 1e{scale}) / 1e{scale} AS :kind)"
            " ELSE CAST(:cell AS :kind) END".replace(":kind", cast.to.sql("duckdb")),
            read="duckdb",
        ),
        cell=cast.this,
    )
    cast.replace(rounded)


def _write(tree) -> str:
    import sqlglot

    level = sqlglot.ErrorLevel.RAISE
    try:
        return tree.sql("spark", pretty=True, unsupported_level=level)
    except sqlglot.errors.SqlglotError as error:
        raise StoreError(f"a step's text has no equal in Spark: {error}") from None


def _take_order(tree) -> str:
    """Take the last ORDER BY off a query; with a LIMIT it belongs to the rows."""
    order = tree.args.get("order")
    if not order or tree.args.get("limit"):
        return ""
    return ", ".join(_write(item) for item in order.pop().expressions)


def _take_kept(with_) -> dict[str, str]:
    """Take the CTEs marked MATERIALIZED out of a WITH; each sees those before it."""
    kept, plain = {}, []
    for cte in with_.expressions:
        if cte.args.get("materialized"):
            query = cte.this.copy()
            for before in plain:
                query = query.with_(before.alias, as_=before.this.copy())
            kept[cte.alias] = _write(query)
        else:
            cte.set("materialized", None)
            plain.append(cte)
    with_.set("expressions", plain)
    if not plain:
        with_.pop()
    return kept
