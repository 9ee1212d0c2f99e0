"""The store: the only room that knows an engine.

Parquet parts by month, listed in a SQLite catalog. A file exists only if the
catalog lists it; a batch commits in one transaction.
"""
