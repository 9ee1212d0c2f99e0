CREATE TABLE IF NOT EXISTS meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
-- A dataset is a canonical table, a quarantine or a step; month is '' for masters.
CREATE TABLE IF NOT EXISTS part (
    path TEXT PRIMARY KEY,
    dataset TEXT NOT NULL,
    month TEXT NOT NULL,
    key TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    sha256 TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS part_dataset ON part (dataset, month);
-- Files no longer listed, which a reader that listed them may still be reading.
CREATE TABLE IF NOT EXISTS retired (
    path TEXT PRIMARY KEY,
    retired_at REAL NOT NULL
);
-- One row for each file ever accepted: its fingerprint and its account.
CREATE TABLE IF NOT EXISTS source_file (
    sha256 TEXT PRIMARY KEY,
    batch TEXT NOT NULL,
    part_key TEXT NOT NULL,
    table_name TEXT NOT NULL,
    file_name TEXT NOT NULL,
    account TEXT NOT NULL,
    missing TEXT NOT NULL,
    unknown TEXT NOT NULL
);
-- Months that a later batch changed: the next brief lists them.
CREATE TABLE IF NOT EXISTS restated (
    batch TEXT NOT NULL,
    month TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    PRIMARY KEY (batch, month)
);
-- What was remarked on the rows of a batch that went in; amounts as decimal text.
CREATE TABLE IF NOT EXISTS remark (
    batch TEXT NOT NULL,
    table_name TEXT NOT NULL,
    file_name TEXT NOT NULL,
    code TEXT NOT NULL,
    column_name TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    amount TEXT,
    example TEXT NOT NULL
);
