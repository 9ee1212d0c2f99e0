"""Whether two ways of the workload gave the same results."""

from pathlib import Path

import numpy as np
import pandas as pd

TOLERANCE = 1e-9


def assert_same(name: str, ours: list[Path], theirs: list[Path]) -> int:
    """Compare two results row by row; return their rows, SystemExit on a difference."""
    left, right = _read(ours), _read(theirs)
    where = f"{name}: {theirs[0].parent.name}"
    if len(left) != len(right):
        raise SystemExit(f"{where} has {len(right)} rows, ours {len(left)}")
    for column in left:
        one, other = left[column], right[column]
        if one.dtype == "float64":
            same = np.isclose(one, other, rtol=TOLERANCE, atol=0, equal_nan=True)
        else:
            same = one == other
        if not same.all():
            raise SystemExit(f"{where} differs in {column}, {(~same).sum()} rows")
    return len(left)


def _read(paths: list[Path]) -> pd.DataFrame:
    frame = pd.concat([pd.read_parquet(path) for path in paths], ignore_index=True)
    frame["month"] = pd.to_datetime(frame["month"])
    keys = ["month"]
    for column in frame.columns.difference(["month"]):
        if pd.api.types.is_string_dtype(frame[column]) and "_id" in column:
            keys.append(column)
        else:
            frame[column] = frame[column].astype("float64")
    return frame.sort_values(keys).reset_index(drop=True)
