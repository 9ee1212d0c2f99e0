"""The synthetic world: same seed same bytes, nothing planted when asked, no residue."""

import gzip
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from anomaly.errors import UsageError
from anomaly.sources.world import write_world
from anomaly.sources.world.driver import build_setting
from anomaly.sources.world.habits import month_habits
from anomaly.sources.world.occupancy import Occupancy
from anomaly.sources.world.stays import month_stays
from anomaly.sources.world.streams import hash_order, stream

SMALL = {"scale": 0.1, "months": 4}


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> tuple[Path, dict[str, int]]:
    out = tmp_path_factory.mktemp("world")
    return out, write_world(out, seed=7, **SMALL)


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv.gz", encoding="gb18030", dtype=str)


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


def test_same_seed_same_bytes(small, tmp_path):
    write_world(tmp_path, seed=7, **SMALL)
    assert contents(tmp_path) == contents(small[0])


def test_another_seed_is_another_world(small, tmp_path):
    write_world(tmp_path, seed=8, **SMALL)
    assert contents(tmp_path)["setl_d.csv.gz"] != contents(small[0])["setl_d.csv.gz"]


def test_rows_are_counted(small):
    folder, rows = small
    assert set(rows) == {p.name for p in folder.iterdir()}
    for name in ("setl_d", "stock", "findings"):
        assert rows[f"{name}.csv.gz"] == len(read(folder, name))
    assert rows["truth.csv"] == len(pd.read_csv(folder / "truth.csv"))


def test_gzip_headers_hold_neither_name_nor_time(small):
    for path in small[0].glob("*.gz"):
        head = path.read_bytes()[:10]
        assert head[3] == 0
        assert head[4:8] == b"\0\0\0\0"


def test_small_worlds_have_every_scheme(small):
    truth = pd.read_csv(small[0] / "truth.csv", dtype=str)
    sizes = (
        truth.loc[truth["benign"] == "false"].groupby(["unit_kind", "scheme"]).size()
    )
    assert (sizes["doctor"] >= 3).all()
    assert (sizes["insured"] >= 3).all()
    assert len(sizes["institution"]) == 5
    assert sizes["institution"].sum() <= 0.15 * len(read(small[0], "medins_info_b"))
    assert sizes["pharmacy"].sum() <= 0.15 * len(read(small[0], "rtal_phac_b"))


def test_rare_characters_survive(small):
    with gzip.open(small[0] / "psn_info_b.csv.gz") as file:
        text = file.read().decode("gb18030")
    assert "𬭎" in text
    with pytest.raises(UnicodeEncodeError):
        text.encode("gbk")


def test_nothing_planted(tmp_path, small):
    write_world(tmp_path, seed=7, planted=False, **SMALL)
    assert len(pd.read_csv(tmp_path / "truth.csv")) == 0
    bills = read(tmp_path, "setl_d")
    assert (bills["refd_setl_flag"] == "0").all()
    names = read(tmp_path, "hilist_b").set_index("med_list_codg")["hilist_name"]
    lines = read(tmp_path, "fee_list_d")
    assert (lines["medins_list_name"] == lines["med_list_codg"].map(names)).all()
    known = set(read(tmp_path, "dr_info_b")["dr_code"])
    assert set(read(tmp_path, "mdtrt_d")["chfpdr_code"].dropna()) <= known
    frame = read(tmp_path, "mdtrt_d").sort_values(["psn_no", "begntime"])
    for name in ("begntime", "endtime"):
        frame[name] = pd.to_datetime(frame[name], format="%Y-%m-%d %H:%M:%S")
    earlier = frame.groupby("psn_no")["endtime"].cummax()
    earlier = earlier.groupby(frame["psn_no"]).shift()
    assert not (frame["begntime"] < earlier).any()
    # The register is the same as with schemes.
    assert (
        contents(tmp_path)["rtal_phac_b.csv.gz"]
        == (contents(small[0])["rtal_phac_b.csv.gz"])
    )


@pytest.mark.parametrize("months", [1, 2])
def test_short_windows(tmp_path, months):
    rows = write_world(tmp_path, scale=0.05, months=months, last_month=date(2025, 2, 1))
    assert rows["budgets.csv.gz"] == 3 * months


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf")])
def test_a_scale_must_be_a_positive_number(tmp_path, scale):
    with pytest.raises(UsageError, match="scale"):
        write_world(tmp_path / "new", scale=scale)
    assert not (tmp_path / "new").exists()


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "here").write_text("x")
    with pytest.raises(UsageError, match="folder"):
        write_world(tmp_path / "here", **SMALL)


def test_a_failed_run_leaves_nothing(tmp_path):
    def stop(word: str, done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_world(tmp_path, progress=stop, **SMALL)
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told(tmp_path):
    told = []
    write_world(
        tmp_path, scale=0.05, months=1, progress=lambda *step: told.append(step)
    )
    assert told == [("months", 0, 1), ("months", 1, 1)]


def test_streams_are_independent_of_each_other():
    first = stream(1, "visits", 3).random(4)
    assert (first == stream(1, "visits", 3).random(4)).all()
    assert (first != stream(1, "visits", 4).random(4)).all()
    assert (first != stream(2, "visits", 3).random(4)).all()
    assert sorted(hash_order(1, "x", ["a", "b", "c"])) == [0, 1, 2]


def test_a_day_is_claimed_once():
    rooms = Occupancy(3, 100)
    person, day = np.array([0, 0, 1, 2]), np.array([105, 105, 105, 107])
    assert rooms.claim(person, day).tolist() == [True, False, True, True]
    stay = rooms.claim(np.array([0, 2]), np.array([104, 108]), np.array([3, 4]))
    assert stay.tolist() == [False, True]
    rooms.advance(110)
    assert rooms.claim(np.array([2, 2]), np.array([112, 113])).tolist() == [False, True]


def test_a_planted_place_whose_doctors_have_not_begun_admits_nobody():
    setting = build_setting(7, 0.1, 4, date(2026, 6, 1), planted=True)
    plan = setting.plan.frame
    planted = plan[plan["scheme"].isin(["hung_beds", "one_day_stays"])]
    unit, month = planted["unit"].iloc[0], planted["from"].iloc[0]
    doctors = setting.providers.doctors
    staff = np.flatnonzero(doctors["unit"] == unit)
    late = pd.DataFrame({"scheme": "new_doctor", "unit": staff, "from": month + 1})
    setting.plan.frame = pd.concat([plan, late], ignore_index=True)
    setting.occupancy.advance(setting.clock(month).first)
    stays = month_stays(setting, month, month_habits(setting, month))
    assert unit not in set(doctors["unit"].to_numpy()[stays["doctor"]])
