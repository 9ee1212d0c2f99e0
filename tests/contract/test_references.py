"""Every shared step that is a SQL file has a plain reference, and no other has one."""

from pathlib import Path

from reference import FAMILIES, references
from reference.settings import FOLDERS, step_files

from anomaly.features.builder import all_steps

ROOT = Path(__file__).parents[2]


def test_every_step_file_has_a_reference():
    files = {
        path.stem
        for room in FOLDERS
        for path in (ROOT / "src" / "anomaly" / room / "steps").glob("*.sql")
    }
    assert files
    assert set(step_files()) == files
    assert sorted(files - set(references())) == []


def test_every_folder_of_steps_is_known():
    folders = (ROOT / "src" / "anomaly").glob("*/steps")
    # What rules share is held to the worlds of the rules.
    assert {folder.parent.name for folder in folders} == {*FOLDERS, "rules"}


def test_steps_read_what_they_read_in_the_product():
    """The limits that tests set reach every text, and nothing else of it."""
    for name, step in step_files().items():
        assert "{case_mix_visits}" not in step.sql
        product = all_steps()[name]
        assert (step.needs, step.months) == (product.needs, product.months)


def test_a_step_has_one_reference():
    for name in references():
        owners = [one.__name__ for one in FAMILIES if hasattr(one, name)]
        assert len(owners) == 1, (name, owners)
