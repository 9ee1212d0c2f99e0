"""The integrity file of a doctor, an institution or a pharmacy, as a page."""

import json
import tempfile
from pathlib import Path

import pandas as pd

from anomaly.briefs.case_contents import all_printable
from anomaly.briefs.case_files import PLAIN
from anomaly.briefs.facts import code_version
from anomaly.briefs.freshness import digest
from anomaly.briefs.pdf import typeset
from anomaly.briefs.record import write_whole
from anomaly.briefs.render import check_out
from anomaly.briefs.wording import Wording
from anomaly.casework.integrity import IntegrityFile

TEMPLATE, DATA, WORDS = "integrity.typ", "integrity.json", "integrity.toml"
AMOUNTS = ("suspected", "confirmed", "recovered", "amount")
COLUMNS = {"lead": "lead_id", "decided": "decided_on", "received": "received_on"}
COLUMNS |= {"entry": "entry_id", "did": "what", "sum": "points", "meaning": "what"}
NUMBERS = (*AMOUNTS, "points", "sum", "added", "reversed")
KEPT = 60  # events that the page shows, the last ones


def write_integrity(
    file: IntegrityFile,
    out: str | Path,
    fingerprint: str,
    language: str = "zh",
    mode: int = 0o600,
) -> Path:
    """Write OUT/integrity-UNIT-ID.pdf; return its path.

    The same ledger and store give the same bytes. UsageError where the folder cannot
    be made.
    """
    folder = Path(out)
    check_out(folder)
    plain = set(file.unit_id) <= PLAIN
    own = file.unit_id if plain else digest(file.unit_id.encode())[:12]
    path = folder / f"integrity-{file.unit_kind}-{own}.pdf"
    told = compose(file, fingerprint, language)
    text = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True)
    with tempfile.TemporaryDirectory(prefix="anomaly-integrity-") as work:
        (Path(work) / DATA).write_text(text, encoding="utf-8")
        write_whole(path, typeset(Path(work), TEMPLATE, DATA), mode)
    return path


def compose(file: IntegrityFile, fingerprint: str, language: str) -> dict:
    """Return what the page says, as texts."""
    words = Wording(language, WORDS)
    sums = file.sums.to_dict("records")[0]
    money = {
        key: words.money(sums[key]) for key in ("confirmed_yuan", "recovered_yuan")
    }
    keys = ("lang", "region", "page")
    made = {
        "labels": {key: words[key] for key in keys}
        | {"nature": words["integrity_nature"], "title": words["integrity_title"]},
        "name": file.unit_name,
        "kind": words[f"integrity_kind_{file.unit_kind}"],
        "sums": words.say("integrity_sums", **sums | money),
        "sections": sections(file, words),
        "foot": words.say(
            "integrity_foot",
            unit_id=file.unit_id,
            fingerprint=fingerprint,
            version=code_version(),
        ),
    }
    return all_printable(made)


def sections(file: IntegrityFile, words: Wording) -> list[dict]:
    """Return the sections: heading, column heads, rows of texts, what empty means."""
    states = words["integrity_states"]
    cases = file.cases.assign(
        grounds=file.cases["rules"] + " " + file.cases["indicator"],
        state=file.cases["state"].map(states),
    )
    earlier = file.earlier.assign(
        grounds=file.earlier["rule"].fillna("") + file.earlier["indicator"].fillna(""),
        state=file.earlier["state"].map(states),
        amount=file.earlier["amount"].map("{:,.2f}".format),
    )
    history = file.history.tail(KEPT)
    if len(history):
        history = history.assign(state=history["state"].map(states).fillna(""))
    tips = file.tips.assign(amount=file.tips["amount"].map("{:,.2f}".format))
    found = [
        ("cases", cases, ("lead", "month", "grounds", "state", *AMOUNTS[:3])),
        ("earlier", earlier, ("month", "grounds", "state", "amount", "decided")),
        *_points(file, words),
        ("tips", tips, ("channel", "received", "amount")),
        ("history", history, ("at", "lead", "by", "state", "what")),
    ]
    return [_section(key, frame, names, words) for key, frame, names in found]


def _points(file: IntegrityFile, words: Wording) -> list[tuple]:
    """Return the entries and, where there are any, what each year's sum means."""
    entries = file.points
    if entries.empty:
        return [("points", entries, ())]
    noted = entries["note"].where(entries["note"] == "", "；" + entries["note"])
    entries = entries.assign(
        what=entries["what"].map(words["integrity_points_did"]),
        clause=entries["clause"] + noted,
    )
    names = ("on", "entry", "did", "points", "lead", "clause")
    sums = ("year", "sum", "added", "reversed", "meaning", "basis")
    return [
        ("points", entries, names),
        ("points_years", file.points_years, sums),
    ]


def _section(key: str, frame: pd.DataFrame, names: tuple, words: Wording) -> dict:
    columns = [COLUMNS.get(name, name) for name in names]
    rows = frame[columns].fillna("").astype(str) if len(frame) else pd.DataFrame()
    empty = "integrity_points_none" if key == "points" else "integrity_none"
    return {
        "heading": words[f"integrity_{key}"],
        "heads": [words[f"integrity_{name}"] for name in names],
        "numbers": [name in NUMBERS for name in names],
        "rows": rows.to_numpy().tolist(),
        "empty": words[empty],
    }
