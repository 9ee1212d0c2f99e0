"""A sample handed out: a workbook a reviewer, and the key that none is given."""

import os
from pathlib import Path

import pandas as pd

from anomaly.errors import UsageError
from anomaly.inspection import packets
from anomaly.inspection.kept_samples import KeptSample

LETTERS = "ABCDEFGHIJ"


def check_reviewers(reviewers: int) -> None:
    """UsageError for more reviewers than have a letter, or none."""
    if not 1 <= reviewers <= len(LETTERS):
        raise UsageError(f"--reviewers {reviewers}", expected="1 to 10")


def write_packets(
    sample: KeptSample,
    claims: pd.DataFrame,
    lines: pd.DataFrame,
    folder: Path,
    reviewers: int,
    language: str,
    secret: str,
) -> list[Path]:
    """Write the workbooks and key.csv into a folder that has none; return them all.

    ``claims`` and ``lines`` are `anomaly.inspection.claims.facts` of the sample; the
    order of the numbers follows from the ``secret`` alone.
    """
    ids = list(sample.claims)
    numbers = packets.numbered(ids, secret)
    key = folder / "key.csv"
    if key.exists():
        raise UsageError(
            f"{key}: there is one already",
            expected="a folder without packets",
            todo="the numbers given out would no longer be those of the key",
        )
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{sample.sample_id}-{LETTERS[n]}.xlsx" for n in range(reviewers)]
    for letter, path in zip(LETTERS, paths, strict=False):
        packets.write_packet(path, claims, lines, numbers, language, letter)
    rows = [(numbers[name], name, sample.claims[name][1]) for name in ids]
    columns = [packets.NUMBER, "settlement_id", "amount"]
    pd.DataFrame(sorted(rows), columns=columns).to_csv(key, index=False)
    os.chmod(key, 0o600)
    return [*paths, key]
