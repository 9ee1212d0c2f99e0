"""The reference of rules: every record with what its drawn world says, as one page.

    PYTHONPATH=src python tests/rule_pages.py      # writes docs/rules.md anew

What is caught, excluded and let pass is what `test_rule_worlds.py` computes.
"""

import re
from importlib.resources import files
from pathlib import Path

from drawn_indicators import rows_of
from drawn_rules import FOLDER, worlds

from anomaly.policy.knowledge import knowledge
from anomaly.rules.objects import kinds_of, object_kinds
from anomaly.rules.rule import Rule, rules

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "rules.md"
HEAD = """<!-- Written by `make pages`; the tests hold it to the records. -->
# 规则一览 · Every rule

A rule points at rows that no honest bill contains. What meets an exclusion is listed
with its reason and not counted; so is a hit at a kind of institution whose rule set
does not name the rule. `anomaly rules show R02` prints a rule with its SQL, `anomaly
rules run` writes its rows, and `--set R02.within_days=7 --compare` tells what another
parameter would gain and lose. Official codes are a third-party transcription, not
checked against the national rule library; a rule without one has none that is known
in full.

"""


def page() -> str:
    """Return the whole page."""
    return HEAD + _overview() + _sets() + "\n".join(map(_entry, rules().values()))


def _overview() -> str:
    lines = ["| rule | 中文 | English | unit | official |", "|---|---|---|---|---|"]
    for rule in rules().values():
        link = f"[{rule.id}](#{rule.id.lower()})"
        cells = (link, rule.zh, rule.en, rule.unit_kind, rule.official)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n\n"


def _sets() -> str:
    lines = ["## 按对象 · Rule sets by kind of object", ""]
    for kind in object_kinds().values():
        told = f" `{kind.when}`" if kind.when else ""
        lines.append(
            f"- **{kind.zh}** {kind.en} (`{kind.id}`{told}; {kind.basis}):"
            f" {', '.join(kind.rules)}"
        )
    return "\n".join(lines) + "\n\n"


def _entry(rule: Rule) -> str:
    facts = {
        "依据 clause": f"{rule.basis} (reviewed {rule.reviewed})",
        "不应抓到 must not catch": rule.must_not_catch,
        "排除 excluded": "; ".join(f"{one.zh} {one.en}" for one in rule.spares),
        "参数 parameters": "; ".join(_parameters(rule)),
        "知识 knowledge": ", ".join(
            f"{knowledge()[name].zh} `{name}`" for name in rule.knowledge
        ),
        "对象 objects": ", ".join(kinds_of(rule.id)),
        "所读 reads": ", ".join(f"`{need}`" for need in rule.needs) + _months(rule),
        "例 drawn": _drawn(rule.id),
    }
    lines = [f"- {name}: {told}" for name, told in facts.items() if told]
    title = f'<a id="{rule.id.lower()}"></a>\n\n## {rule.id} {rule.zh} · {rule.en}\n\n'
    return title + "\n".join(lines) + "\n"


def _months(rule: Rule) -> str:
    return f"; {len(rule.months)} months" if len(rule.months) > 1 else ""


def _parameters(rule: Rule) -> list[str]:
    """Return each parameter with its default and the remark beside it."""
    path = files("anomaly.rules").joinpath("catalog", f"{rule.id}.toml")
    text = path.read_text(encoding="utf-8")
    found = []
    for name, value in rule.parameters.items():
        remark = re.search(rf"^{name} = [^#\n]*# (.*)$", text, flags=re.MULTILINE)
        found.append(f"`{name}` {value}" + (f" ({remark[1]})" if remark else ""))
    return found


def _drawn(rule: str) -> str:
    world = worlds()[rule]
    expected = world["expect"]
    caught = [f"{k} {v:.2f}" for k, v in expected.items() if not isinstance(v, str)]
    spared = [f"{k} ({v})" for k, v in expected.items() if isinstance(v, str)]
    near = [row["id"] for row in rows_of(world["bills"]) if "near" in row["id"]]
    link = (FOLDER / f"{rule}.toml").relative_to(ROOT).as_posix()
    parts = [
        f"caught, yuan: {', '.join(caught)}",
        f"excluded: {', '.join(spared)}" if spared else "",
        f"let pass: {', '.join(near)}" if near else "",
    ]
    return f"[{rule}.toml](../{link}): {'; '.join(part for part in parts if part)}"


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
