"""The policy of inspections: how institutions are drawn, and claims on site."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from anomaly.errors import PolicyError
from anomaly.policy.read import (
    as_record,
    check_basis,
    check_flag,
    check_known,
    check_whole,
    of_file,
    of_store,
)

FILE = "inspection.toml"
STRATA = ("district", "kind")


@dataclass(frozen=True)
class Band:
    """A part of the pool by risk, and how many times as often it is drawn."""

    id: str
    share: Decimal
    weight: int

    def __post_init__(self) -> None:
        share = _between(self.share, 0, 1, f"draw.bands '{self.id}'.share")
        object.__setattr__(self, "share", share)
        check_whole(self.weight, 1, 1000, f"{FILE}, draw.bands '{self.id}'.weight")


@dataclass(frozen=True)
class DrawPolicy:
    """How a pool is drawn from."""

    strata: Sequence[str]
    risk_weighted: bool
    cross_county: bool
    bands: Sequence[Band]
    basis: str

    def __post_init__(self) -> None:
        bands = [as_record(Band, one, f"{FILE}, draw.bands") for one in self.bands]
        object.__setattr__(self, "bands", bands)
        if not isinstance(self.strata, list | tuple):
            raise PolicyError(
                f"{FILE}, draw.strata: {self.strata!r}", expected="a list of columns"
            )
        for name in self.strata:
            check_known(name, STRATA, f"{FILE}, draw.strata")
        for key in ("risk_weighted", "cross_county"):
            check_flag(getattr(self, key), f"{FILE}, draw.{key}")
        check_basis(self.basis, f"{FILE}, draw")
        if sum(band.share for band in bands) != 1:
            raise PolicyError(
                f"{FILE}, draw.bands: shares {[str(b.share) for b in bands]}",
                expected="shares that add up to 1",
            )

    def band_at(self, above: Fraction) -> Band:
        """Return the band of an institution below ``above`` of its pool by risk."""
        until = Fraction(0)
        for band in self.bands:
            until += Fraction(band.share)
            if above < until:
                return band
        return self.bands[-1]


@dataclass(frozen=True)
class SamplePolicy:
    """How claims are sampled on site, and what is said of the rest."""

    share: Decimal
    least: int
    cuts: Sequence[Decimal]
    all_from: Decimal
    level: Decimal
    rounds: int
    basis: str

    def __post_init__(self) -> None:
        for key, least, most in (
            ("share", 0, 1),
            ("level", Decimal("0.5"), Decimal("0.999")),
            ("all_from", 0, None),
        ):
            number = _between(getattr(self, key), least, most, f"sample.{key}")
            object.__setattr__(self, key, number)
        cuts = [_between(one, 0, None, "sample.cuts") for one in self.cuts]
        if cuts != sorted(set(cuts)):
            raise PolicyError(
                f"{FILE}, sample.cuts: {self.cuts!r}", expected="yuan in rising order"
            )
        object.__setattr__(self, "cuts", cuts)
        for key, least, most in (("least", 1, 100_000), ("rounds", 1000, 1_000_000)):
            number = _between(getattr(self, key), least, most, f"sample.{key}")
            if number % 1:
                raise PolicyError(
                    f"{FILE}, sample.{key}: {number}", expected="a whole number"
                )
            object.__setattr__(self, key, int(number))
        check_basis(self.basis, f"{FILE}, sample")


@dataclass(frozen=True)
class Inspection:
    """All of it, as it holds in one store."""

    draw: DrawPolicy
    sample: SamplePolicy


def inspection(root: Path | None = None, path: Path | None = None) -> Inspection:
    """Return the policy that holds in a store, or with a file; PolicyError."""
    cells = of_file("inspection", path) if path else of_store("inspection", root)
    kinds = {"draw": DrawPolicy, "sample": SamplePolicy}
    made = {
        key: as_record(kinds[key], cell, f"{FILE}, {key}") if key in kinds else cell
        for key, cell in cells.items()
    }
    return as_record(Inspection, made, FILE)


def _between(cell: object, least: object, most: object, where: str) -> Decimal:
    try:
        number = Decimal(str(cell))
    except ArithmeticError:
        number = Decimal("NaN")
    low = not number.is_finite() or number < least or isinstance(cell, bool)
    if low or (most is not None and number > most):
        until = f" to {most}" if most is not None else " or more"
        raise PolicyError(f"{FILE}, {where}: {cell!r}", expected=f"{least}{until}")
    return number
