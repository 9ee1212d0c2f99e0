"""Columns kept as digests: equal ones meet, nothing raw is left, one key a store."""

import json

import formats
import pandas as pd
import pytest
from clean_export import ADDRESS, ID_NUMBER, NAME, PHONE
from drawn import DOCTOR, write_export, write_table
from reconciled import assert_no_person
from typer.testing import CliRunner

from anomaly.cli.main import app
from anomaly.errors import DataRefusedError
from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.store import Store
from anomaly.store.verify import verify
from anomaly.workspace import open_store

KEY = b"invented, as all of it is"
PERSON = {
    "psn_no": "P1",
    "psn_name": NAME,
    "certno": ID_NUMBER,
    "tel": PHONE,
    "addr": ADDRESS,
    "brdy": "1980-02-03",
}
PERSONS = [
    PERSON,
    # What waits, and what is read cell by cell, must be as silent as the plain.
    PERSON | {"psn_no": "P2", "brdy": "never"},
    PERSON | {"psn_no": "P3", "tel": f" {PHONE} ", "certno": ID_NUMBER.lower()},
    PERSON | {"psn_no": "P3", "brdy": "1990-02-03"},
    PERSON | {"psn_no": "P4", "certno": "", "tel": "无"},
]


@pytest.fixture(autouse=True)
def no_key_given(monkeypatch):
    monkeypatch.delenv("ANOMALY_KEY", raising=False)


@pytest.fixture
def export(tmp_path):
    folder = write_export(tmp_path / "x")
    masters = {"psn_info_b": PERSONS, "dr_info_b": [DOCTOR | {"certno": ID_NUMBER}]}
    formats.as_text(masters, folder, encoding="gb18030", delimiter=",")
    with (folder / "psn_info_b.csv").open("a", encoding="gb18030") as stream:
        stream.write(f'P5,"{NAME},{ID_NUMBER},{PHONE}\n')
    return folder


@pytest.fixture
def take(tmp_path):
    opened = []

    def load_into(paths, key, name="store"):
        store = Store.create(tmp_path / name)
        opened.append(store)
        return store, load(store, paths, load_mapping(), key=key)

    yield load_into
    for store in opened:
        store.close()


def numbers(store):
    """Return insured_id -> digests, and those of the doctor."""
    rows = store.sql("SELECT insured_id, id_number, phone FROM insured")
    found = {row[0]: tuple(row[1:]) for row in rows.itertuples(index=False, name=None)}
    ((of_doctor,),) = store.sql("SELECT id_number FROM doctor").to_numpy()
    return found, of_doctor


def test_equal_values_meet_and_nothing_raw_is_left(export, take):
    store, report = take([export], KEY)
    assert report.keyless == {}
    found, of_doctor = numbers(store)
    assert found["P1"] == found["P3"]
    assert found["P1"][0] == of_doctor
    assert all(map(pd.isna, found["P4"]))
    assert report.accounts["insured"].quarantined == 3
    assert_no_person(store)
    for path in store.root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for raw in (PHONE, ID_NUMBER, NAME, KEY.decode()):
                assert raw.encode() not in content, path
                assert raw.encode("gb18030") not in content, path
    raw = store.engine.frame(f"SELECT raw FROM {store.show('quarantine')}")["raw"]
    assert "phone" not in json.loads(raw.dropna().iloc[0])


@pytest.mark.parametrize("write", [formats.as_workbook, formats.as_parquet])
def test_every_format_gives_the_same_digests(export, take, tmp_path, write):
    tables = formats.read_tables(export)
    tables["psn_info_b"] = tables["psn_info_b"][:3]
    (tmp_path / "other").mkdir()
    write(tables, tmp_path / "other")
    store, _ = take([tmp_path / "other"], KEY)
    plain, _ = take([export], KEY, "plain")
    assert numbers(store)[0]["P1"] == numbers(plain)[0]["P1"]
    assert_no_person(store)


def test_without_a_key_they_are_left_out_and_come_in_when_there_is_one(export, take):
    store, report = take([export], b"")
    assert report.keyless == {
        "dr_info_b.csv": ["id_number"],
        "psn_info_b.csv": ["id_number", "phone"],
    }
    assert all(pd.isna(cell) for row in numbers(store)[0].values() for cell in row)
    assert_no_person(store)
    told = open_store(store.root).needs("en").set_index("id")["missing"]
    assert any("phone" in one and "set ANOMALY_KEY" in one for one in told["R40"])
    assert any("set ANOMALY_KEY" in one for one in told["R25"])
    fingerprint = store.fingerprint()
    store.close()
    store, report = take([export], KEY)
    assert report.accounts["insured"].accepted == 3
    assert report.accounts["settlement"].accepted == 0
    assert numbers(store)[0]["P1"][0] == numbers(store)[1]
    assert store.fingerprint() == fingerprint
    assert verify(store) == []
    again = load(store, [export], load_mapping(), key=KEY)
    assert again.accounts["insured"].accepted == 0
    lacking = " ".join(open_store(store.root).needs().set_index("id")["missing"]["R40"])
    assert "insured.phone" not in lacking


def test_a_file_under_another_name_comes_in_anew_as_well(export, take):
    store, _ = take([export], b"")
    (export / "psn_info_b.csv").rename(export / "psn_info_b_2.csv")
    report = load(store, [export], load_mapping(), key=KEY)
    assert report.accounts["insured"].accepted == 3
    assert numbers(store)[0]["P1"][1]
    assert verify(store) == []


def test_one_store_has_one_key(export, take):
    store, _ = take([export], KEY)
    parts = store.catalog.all_parts()
    with pytest.raises(DataRefusedError, match=r"another key .*never meet"):
        load(store, [export], load_mapping(), key=KEY + b".")
    # A master without its digests would take the place of one that has them.
    with pytest.raises(DataRefusedError, match="ANOMALY_KEY: no key for dr_info_b"):
        load(store, [export], load_mapping(), key=b"")
    assert store.catalog.all_parts() == parts
    for name in ("psn_info_b", "dr_info_b"):
        (export / f"{name}.csv").unlink()
    write_table(export, "medins_info_b", [{"medins_code": "H9"}])
    assert load(store, [export], load_mapping(), key=b"").keyless == {}


def test_a_load_says_what_waits_for_the_key(export, tmp_path):
    command = ["load", str(export), "--store", str(tmp_path / "store")]
    run = CliRunner().invoke(app, command, env={"COLUMNS": "240"})
    text = " ".join(run.output.split())
    assert "psn_info_b.csv: no key to digest id_number, phone: left out" in text
    assert "R25 and R40 wait for the key: set ANOMALY_KEY" in text
