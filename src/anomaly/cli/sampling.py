"""Commands of on-site samples: draw claims, give them out blind, read the answers."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from anomaly.cli.data import AsJson, StorePath
from anomaly.cli.inspect import inspect_app
from anomaly.cli.output import check_out, out, say_json, show_table, write_frame
from anomaly.errors import DataRefusedError, UsageError

OutFile = Annotated[
    Path | None, typer.Option("--out", help="FILE.csv, .parquet or .xlsx.")
]
Sample = Annotated[str, typer.Option("--sample", help="Such as S1.")]
By = Annotated[str, typer.Option(help="Who does it; the login name unless given.")]


@inspect_app.command("sample")
def sample(
    seed: Annotated[
        str, typer.Option(help="Any text; with --store else that of the month's draw.")
    ] = "",
    store: Annotated[Path | None, typer.Option(help="Folder of the store.")] = None,
    institution: Annotated[str, typer.Option(help="Whose claims.")] = "",
    month: Annotated[str, typer.Option(help="YYYY-MM.")] = "",
    months: Annotated[int, typer.Option(help="So many, the last is --month.")] = 1,
    claims: Annotated[
        Path | None,
        typer.Option(help="Instead of a store: settlement_id, visit_class, amount."),
    ] = None,
    unreviewed: Annotated[
        bool, typer.Option("--unreviewed", help="Claims not reviewed yet as well.")
    ] = False,
    out_path: OutFile = None,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Draw approved claims to be looked at on site: a share of every stratum.

    From the store the sample is kept in its ledger; from a CSV it is only shown.
    """
    if (store is None) == (claims is None):
        raise UsageError("inspect sample", expected="either --store or --claims")
    if out_path:
        check_out(out_path)
    if claims:
        chosen, strata, name = *_from_csv(claims, seed), ""
    else:
        if not institution or not month:
            raise UsageError("inspect sample", expected="--institution and --month")
        asked = (institution, month, seed, months, by or None, unreviewed)
        chosen, strata, name = _from_store(store, *asked)
    if out_path:
        write_frame(chosen, out_path)
    if as_json:
        rows = strata.astype({"largest": str, "amount": str}).to_dict("records")
        ids = chosen["settlement_id"].tolist()
        say_json({"sample_id": name, "strata": rows, "settlements": ids})
        return
    show_table(strata, f"sample {name}".strip())
    out.print(f"{len(chosen)} of {strata['population'].sum()} claims", highlight=False)


def _from_store(store: Path, *asked):
    from anomaly.workspace import open_store

    kept = open_store(store).draw_sample(*asked)
    rows = [(name, *cells) for name, cells in kept.claims.items()]
    chosen = pd.DataFrame(rows, columns=["settlement_id", "stratum", "amount"])
    return chosen, kept.table.drop(columns="improper"), kept.sample_id


def _from_csv(claims: Path, seed: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    from anomaly.casework.reading import read_frame
    from anomaly.inspection.sample import CLAIMS, sampled
    from anomaly.policy.inspection import inspection

    if not seed.strip():
        raise UsageError("--seed: it is empty", expected="a text")
    rows = read_frame(claims, CLAIMS)
    rows = rows.assign(amount=[_yuan(cell, claims) for cell in rows["amount"]])
    return sampled(rows, seed, inspection().sample)


def _yuan(cell: str, path: Path) -> Decimal:
    try:
        number = Decimal(cell.replace(",", ""))
        if number.is_finite() and number >= 0:
            return number
    except InvalidOperation:
        pass
    raise DataRefusedError(f"{path.name}: amount '{cell}'", expected="yuan, from 0 on")


@inspect_app.command("packet")
def packet(
    store: StorePath,
    sample: Sample,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the files.")],
    reviewers: Annotated[int, typer.Option(help="One workbook each.")] = 2,
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    as_json: AsJson = False,
) -> None:
    """Write a sample as numbered workbooks for blind review, and the key to them.

    Nothing in a workbook says whose claims they are. Keep key.csv from reviewers.
    """
    from anomaly.workspace import open_store

    if language not in ("zh", "en"):
        raise UsageError(f"--language '{language}'", expected="zh or en")
    paths = open_store(store).write_packets(sample, folder, reviewers, language)
    if as_json:
        say_json({"files": [str(path) for path in paths]})
        return
    for path in paths:
        out.print(str(path), markup=False, highlight=False)


@inspect_app.command("estimate")
def estimate(
    store: StorePath,
    sample: Sample,
    packets: Annotated[
        list[Path] | None, typer.Argument(help="Filled-in workbooks, one a reviewer.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="The packets' key.csv.")] = None,
    findings: Annotated[
        Path | None,
        typer.Option(help="Or a CSV of the improper: settlement_id, improper_amount."),
    ] = None,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Take in what was found of a sample, and say what that means for all claims.

    The share with its exact interval; the yuan with an interval, and the one-sided
    lower bound that may be extrapolated. Without files: what was taken in before.
    """
    from anomaly.inspection.packets import read_key, read_review
    from anomaly.workspace import open_store

    desk, more = open_store(store), {}
    if packets:
        if key is None:
            raise UsageError("inspect estimate", expected="--key, the packets' key.csv")
        numbers = read_key(key)
        _refuse_other_sample(desk.sample(sample), numbers, key)
        told = read_review(packets, numbers)
        more = {"kappa": told.kappa, "disagreed_numbers": list(told.disagreed)}
        seen = (told.reviewers, len(told.disagreed))
        desk.record_findings(sample, told.found, by or None, *seen)
    elif findings:
        desk.record_findings(sample, _findings(findings), by or None)
    _tell(desk, sample, more, as_json)


def _refuse_other_sample(kept, numbers: dict, key: Path) -> None:
    if {name for name, _ in numbers.values()} != set(kept.claims):
        raise DataRefusedError(
            f"{key.name}: its claims are not those of sample {kept.sample_id}",
            expected="the key written with this sample's packets",
        )


def _findings(path: Path) -> dict[str, Decimal]:
    from anomaly.casework.reading import read_frame

    rows = read_frame(path, ("settlement_id", "improper_amount"))
    twice = rows["settlement_id"][rows["settlement_id"].duplicated()]
    if len(twice):
        raise DataRefusedError(
            f"{path.name}: settlement {twice.iloc[0]} stands twice",
            expected="a row each",
        )
    found = {
        name: _yuan(cell or "0", path)
        for name, cell in zip(
            rows["settlement_id"], rows["improper_amount"], strict=True
        )
    }
    return {name: yuan for name, yuan in found.items() if yuan > 0}


def _tell(desk, sample_id: str, more: dict, as_json: bool) -> None:
    desk.estimate(sample_id)  # says so where nobody has reviewed it
    row = desk.samples().set_index("sample_id", drop=False).loc[sample_id].to_dict()
    if as_json:
        say_json(row | more)
        return
    lines = [
        f"sample {sample_id}: {row['sampled']} of {row['claims']} claims,"
        f" {int(row['improper'])} improper",
        f"share of all claims: {row['share']:.2%}"
        f" (95 % interval {row['share_lower']:.2%} to {row['share_upper']:.2%})",
        f"yuan in all claims: {row['improper_amount']:,.2f}"
        f" (95 % interval {row['amount_lower']:,.2f} to {row['amount_upper']:,.2f})",
        f"at least, one-sided: {row['amount_at_least']:,.2f} yuan of"
        f" {row['amount']:,.2f}",
    ]
    if more:
        kappa = "none" if more["kappa"] is None else f"{more['kappa']:.2f}"
        lines.append(
            f"reviewers differ on {len(more['disagreed_numbers'])} claims, which count"
            f" as proper; Cohen's kappa {kappa}"
        )
    for line in lines:
        out.print(line, markup=False, highlight=False)


@inspect_app.command("samples")
def samples(
    store: StorePath, out_path: OutFile = None, as_json: AsJson = False
) -> None:
    """List the samples drawn, with what those reviewed say of all claims."""
    from anomaly.workspace import open_store

    rows = open_store(store).samples()
    if out_path:
        write_frame(rows, out_path)
    if as_json:
        say_json(
            {
                "samples": rows.astype(object)
                .where(rows.notna(), None)
                .to_dict("records")
            }
        )
        return
    shown = ("months", "claims", "sampled", "improper", "share", "amount_at_least")
    show_table(rows[["sample_id", "institution_id", *shown]])
