"""Broken exports that once went in wrongly, each by itself."""

import pytest
from clean_export import CANARIES, HEADERS, ROWS, TABLES, draft
from reconciled import assert_no_person, held

from anomaly.errors import DataRefusedError
from anomaly.sources.mapping import load_mapping
from anomaly.store.account import Account
from anomaly.store.ingest import load
from anomaly.store.store import Store


@pytest.fixture
def taken(tmp_path):
    """A function that loads a clean export but for one file's lines."""
    store = Store.create(tmp_path / "store")

    def take(name: str, change) -> tuple[Store, Account]:
        for other in HEADERS:
            one = draft(other, 1, 1)
            one.write_lines()
            lines = [line.text for line in one.lines]
            text = "\n".join(change(lines) if other == name else lines) + "\n"
            (tmp_path / one.file_name).write_bytes(text.encode("gb18030"))
        report = load(store, [tmp_path], load_mapping())
        return store, report.accounts[TABLES[name][0]]

    yield take
    store.close()


def test_a_header_that_runs_into_a_row_is_refused(taken):
    with pytest.raises(DataRefusedError, match=r"dr_info_b.*header") as caught:
        taken("dr_info_b", lambda lines: [lines[0] + lines[1], *lines[2:]])
    assert not any(canary in str(caught.value) for canary in CANARIES)


@pytest.mark.parametrize("rest", ["all", "header"])
def test_a_header_with_an_open_quote_is_refused(taken, rest):
    def broken(lines):
        header = lines[0].replace("certno", '"certno')
        return [header, *lines[1:]] if rest == "all" else [header]

    with pytest.raises(DataRefusedError, match=r"dr_info_b.*quote"):
        taken("dr_info_b", broken)


def test_a_file_of_delimiters_only_is_empty(taken):
    with pytest.raises(DataRefusedError, match=r"dr_info_b\.csv: is empty"):
        taken("dr_info_b", lambda lines: [",,,,"])


@pytest.mark.parametrize("blank", ["", "  "])
@pytest.mark.parametrize("place", [0, 3, 99])
def test_a_line_of_spaces_is_no_record(taken, blank, place):
    _, book = taken("dr_info_b", lambda x: [*x[:place], blank, *x[place:]])
    assert (book.read, book.accepted) == (ROWS, ROWS)


def test_the_mark_by_which_dos_ends_a_file_is_no_record(taken):
    _, book = taken("dr_info_b", lambda lines: [*lines, "\x1a"])
    assert (book.read, book.accepted) == (ROWS, ROWS)


@pytest.mark.parametrize("quoted", [[], ['D99,"测试医师",,H1,内科,1']])
def test_a_line_of_other_blanks_is_a_record_whatever_stands_near_it(taken, quoted):
    _, book = taken("dr_info_b", lambda x: [*x, "\t", "\x0c", *quoted])
    assert (book.read, book.quarantined) == (ROWS + 2 + len(quoted), 2)


def test_a_header_repeated_within_a_file_is_no_doctor(taken):
    store, book = taken("dr_info_b", lambda lines: lines + lines)
    assert (book.read, book.accepted, book.duplicate) == (2 * ROWS + 1, ROWS, ROWS)
    assert ("dr_code",) not in held(store, "doctor")


@pytest.mark.parametrize("time", ["290000-12-31 00:00:00", "infinity", "0024-05-02"])
def test_a_settlement_of_no_possible_month_waits(taken, time):
    def change(lines):
        cells = lines[1].split(",")
        cells[HEADERS["setl_d"].split().index("setl_time")] = time
        return [lines[0], ",".join(cells), *lines[2:]]

    store, book = taken("setl_d", change)
    assert (book.accepted, book.quarantined) == (ROWS - 1, 1)
    assert [month.year for month in store.months()] == [2026]
    assert_no_person(store)


def test_the_line_of_a_row_is_a_whole_number(taken):
    store, _ = taken("dr_info_b", lambda lines: [*lines, "too,few"])
    rows = store.engine.frame(f"SELECT line FROM {store.show('quarantine')}")
    assert rows["line"].dtype.kind == "i"
    assert rows["line"].tolist() == [ROWS + 2]


def test_blank_lines_count_in_the_place_of_the_rows_behind_them(taken):
    store, _ = taken("dr_info_b", lambda x: [*x[:2], "", " ", *x[2:], "too,few"])
    rows = store.engine.frame(f"SELECT line FROM {store.show('quarantine')}")
    assert rows["line"].tolist() == [ROWS + 4]


def test_lines_of_a_header_only_have_an_account_of_money_too(taken):
    _, book = taken("fee_list_d", lambda lines: lines[:1])
    assert (book.read, str(book.amount_read)) == (0, "0.00")


def test_a_huge_cell_is_read_with_its_row(taken):
    def change(lines):
        huge = lines[1].split(",")
        huge[-1] = "长" * 300_000
        return [lines[0], ",".join(huge), *lines[2:]]

    _, book = taken("fee_list_d", change)
    assert (book.read, book.accepted, book.quarantined) == (ROWS, ROWS - 1, 1)


def test_diagnoses_without_a_part_of_their_key_may_repeat(taken):
    at = HEADERS["diag_list_d"].split().index("setl_id")

    def change(lines):
        kept = [line.split(",") for line in lines]
        bare = [",".join(cells[:at] + cells[at + 1 :]) for cells in kept]
        return [*bare, bare[1]]

    _, book = taken("diag_list_d", change)
    assert (book.read, book.accepted, book.duplicate) == (ROWS + 1, ROWS, 1)


def test_one_content_under_two_tables_is_refused(taken):
    bills = draft("setl_d", 1, 1)
    bills.write_lines()
    with pytest.raises(DataRefusedError, match=r"mdtrt_d.*another table"):
        taken("mdtrt_d", lambda _: [line.text for line in bills.lines])
