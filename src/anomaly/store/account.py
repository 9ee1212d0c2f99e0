"""Every row has a fate: accounts of rows and amounts that must add up."""

from dataclasses import asdict, dataclass, fields
from decimal import Decimal

FATES = ("accepted", "quarantined", "duplicate", "ignored")


@dataclass
class Account:
    """Rows and yuan of one file or table; amounts only where it has money.

    ``read = accepted + quarantined + duplicate + ignored``, and the same for
    amounts; an amount that cannot be read counts in ``unreadable_amounts``.
    """

    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    duplicate: int = 0
    ignored: int = 0
    amount_read: Decimal | None = None
    amount_accepted: Decimal | None = None
    amount_quarantined: Decimal | None = None
    amount_duplicate: Decimal | None = None
    amount_ignored: Decimal | None = None
    unreadable_amounts: int = 0

    def add(self, fate: str, rows: int, amount: Decimal | None) -> None:
        """Book rows, and their amount where the table has money."""
        for name in ("read", fate):
            setattr(self, name, getattr(self, name) + rows)
        if amount is not None:
            for name in ("amount_read", f"amount_{fate}"):
                setattr(self, name, (getattr(self, name) or Decimal(0)) + amount)

    def __add__(self, other: "Account") -> "Account":
        total = Account()
        for field in fields(Account):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            known = [value for value in (mine, theirs) if value is not None]
            setattr(total, field.name, sum(known[1:], known[0]) if known else None)
        return total

    def without_accepted(self, rows: int, amount: Decimal | None) -> "Account":
        """The account less some accepted rows, which are to be booked anew."""
        result = Account.from_json(self.as_json())
        result.read -= rows
        result.accepted -= rows
        if amount is not None and result.amount_read is not None:
            result.amount_read -= amount
            result.amount_accepted -= amount
        return result

    def as_duplicate(self) -> "Account":
        """The account of the same file met again: all its rows are duplicates."""
        again = Account(unreadable_amounts=self.unreadable_amounts)
        again.add("duplicate", self.read, self.amount_read)
        if self.amount_read is not None:
            again.open_amounts()
        return again

    def after_another_look(self, again: "Account") -> "Account":
        """The account of a file of which some rows now went in that had waited.

        What was accepted then stays so (it is a duplicate now); what is still
        quarantined stays so; the difference went in.
        """
        result = Account.from_json(self.as_json())
        result.accepted += again.accepted
        result.quarantined -= again.accepted
        if self.amount_read is not None:
            result.amount_accepted += again.amount_accepted
            result.amount_quarantined -= again.amount_accepted
        result.unreadable_amounts = again.unreadable_amounts
        return result

    def open_amounts(self) -> None:
        """A table with money shows zeros, not blanks, where nothing was booked."""
        for fate in ("read", *FATES):
            name = f"amount_{fate}"
            setattr(self, name, (getattr(self, name) or Decimal(0)).quantize(CENT))

    def as_json(self) -> dict:
        """Counts as integers, amounts as decimal strings, blanks left out."""
        cells = asdict(self)
        return {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in cells.items()
            if value is not None
        }

    @classmethod
    def from_json(cls, record: dict) -> "Account":
        return cls(
            **{
                name: Decimal(value) if name.startswith("amount") else value
                for name, value in record.items()
            }
        )


CENT = Decimal("0.01")
