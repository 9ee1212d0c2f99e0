"""Commands of the double-random draw."""

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from anomaly.cli.data import AsJson
from anomaly.cli.output import check_out, out, say_json, show_table, write_frame
from anomaly.errors import DataRefusedError, UsageError

draw_app = typer.Typer(help="Double-random inspection draws.", no_args_is_help=True)
Pool = Annotated[
    Path | None,
    typer.Option(
        help="CSV: institution_id, district, kind, risk; else the store's own."
    ),
]
Staff = Annotated[
    Path | None,
    typer.Option(help="CSV: inspector_id, recused (ids, blanks between), district."),
]
Count = Annotated[int | None, typer.Option(help="Institutions to draw.")]
Team = Annotated[int | None, typer.Option(help="Inspectors for each, 2 unless given.")]
TEAM = 2
Seed = Annotated[str, typer.Option(help="Any text; publish its hash before.")]
StoreIn = Annotated[Path | None, typer.Option(help="Keep the draw in its ledger.")]
MonthOf = Annotated[
    str | None, typer.Option(help="With --store: whose brief, YYYY-MM.")
]
Cross = Annotated[
    bool, typer.Option("--cross-county", help="Nobody inspects in their own district.")
]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", help="An inspection.toml of strata, weights.")
]
By = Annotated[str, typer.Option(help="Who draws; the login name unless given.")]


def register(app: typer.Typer) -> None:
    app.add_typer(draw_app, name="draw")


@draw_app.command("announce")
def draw_announce(
    store: Annotated[Path, typer.Option(help="The store whose ledger keeps it.")],
    month: Annotated[str, typer.Option(help="Whose brief shows it, YYYY-MM.")],
    inspectors: Annotated[Path, typer.Option(help="CSV: inspector_id, recused.")],
    count: Annotated[int, typer.Option(help="Institutions to draw.")],
    seed: Annotated[str, typer.Option(help="The seed: only its hash is kept.")] = "",
    seed_hash: Annotated[str, typer.Option(help="Or its SHA-256, in hex.")] = "",
    seed_from: Annotated[
        str, typer.Option(help="Or which public number, not known yet, it will be.")
    ] = "",
    institutions: Pool = None,
    team: Team = None,
    cross_county: Cross = False,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Write lists and what binds the seed into the ledger; print what to publish."""
    from anomaly.inspection.draw import commitment
    from anomaly.workspace import open_store

    if sum(map(bool, (seed, seed_hash, seed_from))) != 1:
        raise UsageError(
            "draw announce", expected="either --seed, --seed-hash or --seed-from"
        )
    desk = open_store(store)
    terms = _terms(desk, month, institutions, inspectors, count, team, cross_county)
    told = _hash(seed_hash) or (commitment(seed) if seed else "")
    kept = desk.announce_draw(month, told, terms, by or None, seed_from)
    if as_json:
        say_json(kept.published())
        return
    bound = f"hash {kept.seed_hash}" if kept.seed_hash else f"to be {kept.seed_from}"
    out.print(f"seed (publish it): {bound}", markup=False, highlight=False)
    out.print(f"terms hash (publish it): {kept.terms.digest}", highlight=False)


def _hash(text: str) -> str:
    if text and not (len(text) == 64 and set(text) <= set("0123456789abcdef")):
        raise UsageError(
            f"--seed-hash '{text}'", expected="64 hexadecimal digits, in lower case"
        )
    return text


@draw_app.command("run")
def draw_run(
    seed: Seed,
    institutions: Pool = None,
    inspectors: Staff = None,
    count: Count = None,
    team: Team = None,
    store: StoreIn = None,
    month: MonthOf = None,
    cross_county: Cross = False,
    policy_file: PolicyFile = None,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Draw institutions and inspectors by the hash of a seed.

    From two CSV files; or with --store and --month from the store's institutions, by
    what was announced if anything was, kept in the ledger and shown in the brief.
    """
    from anomaly.inspection.draw import drawn as drawn_by

    if bool(store) != bool(month):
        raise UsageError("draw run", expected="--store and --month, or neither")
    if store:
        kept = _kept(
            (store, month, seed, by),
            (institutions, inspectors, count, team, cross_county),
            policy_file,
        )
        terms, drawn = kept.terms, list(kept.draw)
        more = {"month": kept.month, "announced_at": kept.announced_at}
    else:
        terms = _plain_terms(
            institutions, inspectors, count, team, cross_county, policy_file
        )
        drawn, more = drawn_by(terms, seed), {}
    _tell(terms, seed, drawn, more, as_json)


def _tell(terms, seed: str, drawn: list, more: dict, as_json: bool) -> None:
    from anomaly.inspection.draw import commitment, strata_table

    strata = strata_table(terms, seed)
    if as_json:
        told = {"seed_hash": commitment(seed), "terms_hash": terms.digest}
        told |= {"draw": drawn, "strata": strata.to_dict("records")} | more
        say_json(told)
        return
    out.print(f"seed hash: {commitment(seed)}", highlight=False)
    out.print(f"terms hash: {terms.digest}", highlight=False)
    show_table(_frame(drawn))
    if len(strata) > 1:
        show_table(strata, "strata")


def _frame(drawn) -> pd.DataFrame:
    rows = [(one["institution_id"], "、".join(one["inspectors"])) for one in drawn]
    return pd.DataFrame(rows, columns=["institution_id", "inspectors"])


def _kept(where: tuple, asked: tuple, policy_file: Path | None):
    """Draw by a store's ledger; the lists may be left out after an announcement."""
    from anomaly.workspace import open_store

    store, month, seed, by = where
    institutions, inspectors, count, *rest = asked
    if policy_file:
        raise UsageError(
            "--policy",
            expected="no such option with --store",
            todo=f"put the policy into {store}/inspection.toml",
        )
    desk = open_store(store)
    given = (institutions, inspectors, count) != (None, None, None)
    if not given:
        if rest != [None, False]:
            raise UsageError(
                "draw run: --team, --cross-county",
                expected="neither, for they were announced with the lists",
            )
        return desk.make_draw(month, seed, by=by or None)
    if inspectors is None or count is None:
        raise UsageError("draw run", expected="--inspectors and --count together")
    terms = _terms(desk, month, institutions, inspectors, count, *rest)
    return desk.make_draw(month, seed, terms, by or None)


def _terms(desk, month, institutions, inspectors, count, team, cross_county):
    from anomaly.casework.reading import read_frame

    return desk.draw_terms(
        read_frame(inspectors, ("inspector_id",)),
        count,
        TEAM if team is None else team,
        month=month,
        institutions=institutions and read_frame(institutions, ("institution_id",)),
        cross_county=cross_county,
    )


def _plain_terms(institutions, inspectors, count, team, cross_county, policy_file):
    from anomaly.casework.reading import read_frame
    from anomaly.inspection.terms import terms
    from anomaly.policy.inspection import inspection

    if institutions is None or inspectors is None or count is None:
        raise UsageError(
            "draw run",
            expected="--institutions, --inspectors and --count, or --store and --month",
        )
    policy = inspection(path=policy_file).draw
    return terms(
        read_frame(institutions, ("institution_id",)),
        read_frame(inspectors, ("inspector_id",)),
        count=count,
        team=TEAM if team is None else team,
        policy=policy,
        cross_county=cross_county or policy.cross_county,
    )


@draw_app.command("show")
def draw_show(
    store: Annotated[Path, typer.Option(help="The store whose ledger keeps it.")],
    month: Annotated[str, typer.Option(help="YYYY-MM.")],
    out_path: Annotated[
        Path | None, typer.Option("--out", help="FILE.json to publish, .csv or .xlsx.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a month's draw, or write it: as JSON it is all that anyone needs to redo it.

    Before the draw only the hashes are shown, and what they stand for.
    """
    from anomaly.workspace import open_store

    if out_path and out_path.suffix != ".json":
        check_out(out_path)
    kept = open_store(store).draw(month)
    if kept is None:
        raise UsageError(
            f"draw of {month}: there is none", expected="a draw run before"
        )
    if out_path and out_path.suffix == ".json":
        text = json.dumps(kept.published(), ensure_ascii=False, indent=1) + "\n"
        out_path.parent.mkdir(parents=True, exist_ok=True)
        out_path.write_text(text, encoding="utf-8")
    frame = _frame(kept.draw)
    if out_path and out_path.suffix != ".json":
        write_frame(frame, out_path)
    if as_json:
        say_json(kept.published())
        return
    out.print(f"seed hash: {kept.seed_hash}", highlight=False)
    out.print(f"terms hash: {kept.terms.digest}", highlight=False)
    out.print(f"announced: {kept.announced_at or 'never'}", highlight=False)
    out.print(f"drawn: {kept.drawn_at or 'not yet'}", highlight=False)
    show_table(frame)


@draw_app.command("verify")
def draw_verify(
    file: Annotated[Path | None, typer.Argument(help="A published draw, JSON.")] = None,
    store: StoreIn = None,
    month: MonthOf = None,
    as_json: AsJson = False,
) -> None:
    """Draw again from what was published, and say whether it is the same.

    Exits with 3 where the seed, the lists or a recusal do not hold; a draw that was
    never announced is said, for nobody can then tell that the seed was not chosen.
    """
    from anomaly.inspection.verifying import verified

    checks = verified(_published(file, store, month))
    wrong = checks.loc[~checks["holds"] & (checks["check"] != "announced")]
    if as_json:
        say_json({"verified": wrong.empty, "checks": checks.to_dict("records")})
    else:
        show_table(checks.assign(holds=checks["holds"].map({True: "yes", False: "no"})))
    if len(wrong):
        first = wrong.iloc[0]
        raise DataRefusedError(
            f"draw: {first['check']} does not hold: {first['what']}",
            expected="what its seed draws",
        )


def _published(file: Path | None, store: Path | None, month: str | None) -> dict:
    from anomaly.workspace import open_store

    if (file is None) == (store is None) or bool(store) != bool(month):
        raise UsageError("draw verify", expected="a FILE, or --store and --month")
    if store:
        kept = open_store(store).drawn(month)
        if kept is None:
            raise UsageError(
                f"draw of {month}: none was made", expected="one to verify"
            )
        return kept.published()
    try:
        published = json.loads(file.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise DataRefusedError(
            f"{file}: {error}", expected="a published draw"
        ) from None
    if not isinstance(published, dict):
        raise DataRefusedError(f"{file}: no object", expected="a draw")
    return published
