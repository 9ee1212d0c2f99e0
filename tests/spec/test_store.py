"""A store says whether it is whole, and is whole whenever its writer dies."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from drawn import bill, write_bills

from anomaly.sources.mapping import load_mapping
from anomaly.store.ingest import load
from anomaly.store.store import Store
from anomaly.store.verify import verify


@pytest.fixture
def store(tmp_path, loaded):
    return loaded(write_bills(tmp_path / "x", [bill(1), bill(2)]))[0]


def a_part(store, dataset="settlement"):
    return store.root / store.parts(dataset)[0].path


def test_a_fresh_store_is_whole(store):
    assert verify(store) == []


def test_a_changed_byte_is_found(store):
    path = a_part(store)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert [fault.found[:7] for fault in verify(store)] == ["SHA-256"]


def test_a_missing_and_a_stray_file_are_found(store):
    path = a_part(store)
    path.rename(path.with_name("stray.parquet"))
    assert {fault.found for fault in verify(store)} == {
        "the file is missing",
        "an unlisted file",
    }


def test_sums_are_held_against_the_accounts(store):
    part = store.parts("settlement")[0]
    with store.catalog.transaction():
        store.catalog.retire([part])
    found = {fault.where: fault.found for fault in verify(store)}
    assert found["settlement"] == "0 rows"


def test_a_store_may_be_copied(store, tmp_path):
    import shutil

    store.close()
    shutil.copytree(store.root, tmp_path / "copy")
    assert verify(Store.open(tmp_path / "copy")) == []


def kill_at_random(folder, root, rng, longest):
    """Load in a process of its own and kill it at a random instant."""
    program = (
        "import sys; from pathlib import Path\n"
        "from anomaly.sources.mapping import load_mapping\n"
        "from anomaly.store.ingest import load\n"
        "from anomaly.store.store import Store\n"
        "print('go', flush=True)\n"
        "load(Store.create(sys.argv[2]), [Path(sys.argv[1])], load_mapping())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, folder, root], stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        time.sleep(rng.uniform(0, longest))
        os.kill(process.pid, signal.SIGKILL)


def test_a_killed_load_is_wholly_in_or_wholly_out(tmp_path):
    kills = int(os.environ.get("ANOMALY_KILLS", "6"))
    rng = random.Random(20260601)  # noqa: S311
    folder = write_bills(
        tmp_path / "x", [bill(n, fee=f"{n + 1}.00") for n in range(400)]
    )
    began = time.monotonic()
    whole = Store.create(tmp_path / "whole")
    load(whole, [folder], load_mapping())
    longest = 2 * (time.monotonic() - began)
    expected = whole.sql("SELECT count(*) AS n, sum(total_fee) AS s FROM settlement")
    for kill in range(kills):
        root = tmp_path / f"store{kill}"
        kill_at_random(folder, root, rng, longest)
        store = Store.create(root)
        batches = {file.batch for file in store.catalog.source_files()}
        tables = {file.table_name for file in store.catalog.source_files()}
        assert len(batches) <= 1
        assert len(tables) in (0, 5)
        load(store, [folder], load_mapping())
        assert verify(store) == []
        found = store.sql("SELECT count(*) AS n, sum(total_fee) AS s FROM settlement")
        assert found.equals(expected)
        store.close()
    whole.close()
