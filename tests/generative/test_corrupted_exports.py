"""Exports broken at random: refused with a word, or in and reconciled; never lost.

ANOMALY_CASES says how many are tried (300 if it does not); where it is set the
cases are new ones each time, else always the same.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from clean_export import HEADERS, ROWS, Draft, draft, promises
from corrupt_cells import CELLS
from corrupt_files import BYTES, LINES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reconciled import (
    KEYS,
    assert_adds_up,
    assert_no_person,
    assert_reconciled,
    assert_says_where,
    held,
    misled,
    of_file,
)

from anomaly.errors import AnomalyError
from anomaly.sources.mapping import load_mapping
from anomaly.store.account import Account
from anomaly.store.ingest import load
from anomaly.store.store import Store
from anomaly.store.verify import verify

KINDS = (CELLS, LINES, BYTES)
MAPPING = load_mapping()
# With a key more is kept, and must be kept unread.
KEY = b"invented, as all of it is"
SETTINGS = settings(
    # Each of the three tests below takes its share.
    max_examples=-(-int(os.environ.get("ANOMALY_CASES", "300")) // len(KINDS)),
    derandomize="ANOMALY_CASES" not in os.environ,
    print_blob=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Case:
    """Files of one load: broken ones, and a clean one beside them."""

    broken: list[Draft]
    beside: Draft

    @property
    def drafts(self) -> list[Draft]:
        return [*self.broken, self.beside]


def clean(name: str, first: int) -> Draft:
    """Return a draft whose rows hang on settlements that are in the store."""
    return draft(name, first, first if name in ("setl_d", "mdtrt_d") else 1)


def broken(draw, one: Draft, kinds: list) -> Draft:
    """Apply a corruption of each kind to a draft: cells, then lines, then bytes."""
    for stage, corruptions in enumerate(KINDS):
        for kind in kinds:
            if kind is corruptions:
                corruption = draw(st.sampled_from(kind))
                one.steps.append(corruption.__name__)
                corruption(draw, one)
        if stage == 0:
            one.write_lines()
        if stage == 1:
            one.write_bytes()
    return one


@st.composite
def cases(draw, kind):
    """One or two files with one to four corruptions, one at least of a kind."""
    names = draw(st.lists(st.sampled_from(list(HEADERS)), min_size=1, max_size=2))
    names = sorted(set(names), key=list(HEADERS).index)
    # Rows hang on settlements of the same load where there are any, else on
    # those that are in the store.
    bills = 101 if "setl_d" in names else 1
    drafts = [draft(name, 101, bills) for name in names]
    kinds = [kind, *draw(st.lists(st.sampled_from(KINDS), max_size=3))]
    shares = {name: [] for name in names}
    for one in kinds:
        shares[draw(st.sampled_from(names))].append(one)
    others = [name for name in HEADERS if name not in names]
    beside = broken(draw, clean(draw(st.sampled_from(others)), 201), [])
    return Case([broken(draw, one, shares[one.name]) for one in drafts], beside)


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A store with a clean export, to be copied for each case."""
    folder = tmp_path_factory.mktemp("before")
    drafts = [broken(None, draft(name, 1, 1), []) for name in HEADERS]
    store = Store.create(folder / "store")
    take(store, folder / "x", drafts)
    assert [len(held(store, table)) for table in KEYS] == [ROWS] * len(KEYS)
    store.close()
    return store.root


def take(store, folder: Path, drafts: list[Draft]):
    folder.mkdir()
    for one in drafts:
        (folder / one.file_name).write_bytes(one.content)
    return load(store, [folder], MAPPING, key=KEY)


def state(store) -> tuple:
    """Return all that a load may change, but the number of loads."""
    return (
        store.fingerprint(),
        [(f.sha256, f.table_name) for f in store.catalog.source_files()],
        {table: held(store, table) for table in KEYS},
    )


def check(case: Case, before: Path) -> None:
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        shutil.copytree(before, folder / "store")
        store = Store.open(folder / "store")
        try:
            check_load(case, store, folder)
            check_after(case, store, folder)
        finally:
            store.close()


def check_load(case: Case, store: Store, folder: Path) -> None:
    earlier = state(store), store.catalog.all_parts()
    try:
        report = take(store, folder / "x", case.drafts)
    except AnomalyError as error:
        assert_says_where(error, case.broken)
        assert (state(store), store.catalog.all_parts()) == earlier
        return
    for one in case.drafts:
        account = Account.from_json(of_file(store, one).account)
        assert report.accounts[one.table] == account
        assert_reconciled(store, one, account)
    check_promises(case, store)
    now = state(store)
    again = load(store, [folder / "x"], MAPPING, key=KEY)
    for table, account in again.accounts.items():
        assert_adds_up(account, money=table in ("settlement", "charge"))
        assert account.read == report.accounts[table].read
        assert account.accepted == 0
    assert state(store) == now


def check_promises(case: Case, store: Store) -> None:
    """What no corruption touched is in the store, with the amount it was drawn with."""
    kept: dict[str, dict] = {one.name: promises(one) for one in case.drafts}
    for one in case.drafts:
        if "setl_d" in kept and one.name in ("fee_list_d", "diag_list_d"):
            continue  # its rows may have to wait for their settlements
        found = held(store, one.table)
        for key, amount in kept[one.name].items():
            assert found[(key,)] == amount


def check_after(case: Case, store: Store, folder: Path) -> None:
    """The store is whole and readable, and takes a clean file wholly."""
    later = broken(None, clean(case.broken[0].name, 301), [])
    report = take(store, folder / "later", [later])
    assert report.accounts[later.table].accepted == ROWS
    assert verify(store) == []
    for one in case.drafts:
        store.engine.frame(f"SELECT * FROM {store.show(one.table)}")
    store.months()
    if not any(misled(one) for one in case.broken):
        assert_no_person(store)


# A class each, so that processes which take whole classes share them out.
class TestCells:
    @SETTINGS
    @given(case=cases(CELLS))
    def test_broken_cells(self, before, case):
        check(case, before)


class TestLines:
    @SETTINGS
    @given(case=cases(LINES))
    def test_broken_lines(self, before, case):
        check(case, before)


class TestBytes:
    @SETTINGS
    @given(case=cases(BYTES))
    def test_broken_bytes(self, before, case):
        check(case, before)
