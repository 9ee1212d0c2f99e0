"""Settlements, visits and fee lines of a drawn world."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, TypeVar

from anomaly.periods import shift
from worlds.lines import like, line

if TYPE_CHECKING:
    from worlds import Shape

T = TypeVar("T")
KINDS = ("11", "11", "21", "41", "13", "21", "41", "9107")
# An account that several use.
SHARED = ("测试甲", "测试乙 ", "测试丙", "")
DOCTORS = ("D1", "D2", "D3", "D4", "D1", "D2", "D3", "D4", "D9", "00000", "")
DEPARTMENTS = ("内科", "外科", "", "儿科")
DIAGNOSES = ("I10.x00", "J06.900", "K29.3", "Z51.1", "o80", "D48.9", "D50.1", "H59.0")
DIAGNOSES = (*DIAGNOSES, "H60.1", "U07.1", "E11.9", "", "S72.0", "V89", "C34", "N18")
FEES = ("10", "14.99", "15", "20", "100", "0.01", "123.45", "1000", "8000.50", "0")
SECONDS = (0, 0, 1, 30, 59, 60, 61, 299, 300, 301, 899, 900, 3600)
EDGES = (
    time(0),
    time(23, 59, 59),
    time(5, 59, 59),
    time(6),
    time(22),
    time(21, 59, 59),
)
DISTRICTS = ("990101", "990102", "", "990199")
NIGHTS = (3, 0, 1, 2, 4, 7, 8, 15, 16, 33, 60, 90, 95)


def text(moment: date | datetime | None) -> str:
    return "" if moment is None else str(moment)


class Bills:
    """Draws bills one by one; later ones lean on those already there."""

    def __init__(self, rng: Random, shape: "Shape") -> None:
        self.rng, self.shape = rng, shape
        self.settlements: list[dict] = []
        self.visits: dict[str, dict] = {}
        self.charges: list[dict] = []
        self.people = [self._person(n) for n in range(shape.persons)]
        # Moments at which many things happen at once.
        self.busy = [self._moment() for _ in range(5)]

    def draw(self) -> None:
        for _ in range(self.shape.bills):
            self._bill()
        self._rush()
        if self.shape.bulk:
            self._batch()
        self._open_visits()

    def tables(self) -> dict[str, list[dict]]:
        return {
            "settlement": self.settlements,
            "visit": [*self.visits.values()],
            "charge": self.charges,
        }

    def pick(self, values: tuple[T, ...] | list[T]) -> T:
        """Choose a value; the first more often, the more alike the world is."""
        if self.rng.random() < self.shape.sameness:
            return values[0]
        return self.rng.choice(values)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def _person(self, number: int) -> dict:
        last = self.shape.last
        years = self.rng.choice([0, 6, 7, 17, 18, 44, 45, 60, 75, 90])
        born = date(last.year - years, last.month, self.rng.choice([1, 15, 28]))
        if self.chance(0.2):
            born = date(2000, 2, 29)
        cells = {"sex": self.pick(("1", "2", "")), "birth_date": text(born)}
        if self.chance(0.4):
            cells["age"] = self.rng.choice(["0", "6", "7", "44.5", "45", "75"])
        if self.chance(0.2):
            cells["birth_date"] = ""
        insurance = self.pick(("310", "390", "", "340"))
        return cells | {"insured_id": f"P{number}", "insurance_type": insurance}

    def _moment(self) -> datetime:
        """Return a moment of a month held, at an edge more often than chance has it."""
        rng = self.rng
        months = self.shape.months
        month = self.shape.last if self.chance(0.4) else rng.choice(months)
        length = (shift(month, 1) - month).days
        day = rng.choice([1, 2, length, rng.randint(1, length), rng.randint(1, length)])
        clock = rng.choice(EDGES) if self.chance(0.3) else time(rng.randint(7, 17), 5)
        return datetime.combine(month.replace(day=day), clock)

    def _settled_at(self) -> datetime:
        if self.chance(0.4):
            moment = self.rng.choice(self.busy)
            later = moment + timedelta(seconds=self.rng.choice(SECONDS))
            return later if later.month == moment.month else moment
        return self._moment()

    def place(self, kind: str) -> str:
        letter = "R" if kind == "41" else "H"
        return self.pick([f"{letter}{n}" for n in range(self.shape.places)])

    def _bill(self, **fixed: str) -> None:
        number = len(self.settlements)
        again = self.visits and self.chance(0.1) and not fixed
        visit = self._seen_before() if again else self._visit()
        settled = datetime.fromisoformat(visit["settled"])
        if again:
            ended = datetime.fromisoformat(visit["ended"])
            settled = max(self._settled_at(), ended)
        if settled.date().replace(day=1) not in self.shape.months:
            settled = datetime.fromisoformat(visit["settled"])
        fee = Decimal(self.pick(FEES)) + self.rng.choice([0, 0, Decimal("3.37")])
        person = next(p for p in self.people if p["insured_id"] == visit["insured_id"])
        bill = person | {
            "settlement_id": f"S{number:04d}",
            "visit_id": visit["visit_id"],
            "institution_id": visit["institution_id"],
            "visit_type": visit["visit_type"],
            "institution_district": self.pick(DISTRICTS),
            "insured_district": self.pick(DISTRICTS),
            "hospital_level": self.pick(("05", "01", "04", "07", "08", "11", "x", "")),
            "settled_at": text(settled),
            "agency_id": self.pick(("A1", "A2", "")),
            "manual_reimb_reason": self.pick(("", "未联网")),
            "total_fee": str(fee),
            "is_refund": self.pick(("0", "")),
        }
        self.settlements.append(bill | self._parts(fee) | fixed)
        # A load asks for lines: the first bill has some.
        fewest = 0 if self.charges else 1
        for _ in range(max(fewest, self.rng.choice([1, 1, 2, 3, 0]))):
            self.charges.append(line(self, bill, visit, settled))
            if self.chance(0.2):
                self.charges.append(like(self.charges[-1], self))
        if self.chance(0.15):
            self._refund(self.settlements[-1])

    def _seen_before(self) -> dict:
        """Return a visit that is settled once more: a stay, where there are any."""
        visits = [*self.visits.values()]
        stays = [visit for visit in visits if visit["visit_type"] == "21"]
        return self.rng.choice(stays or visits)

    def _parts(self, fee: Decimal) -> dict[str, str]:
        """Return sums that a fee is made of; some bills do not say them."""
        names = "fund_pay pay_account fee_fully_self fee_over_limit fee_in_scope"
        cells = {
            name: str(
                (fee * self.rng.choice([0, 1, 3, 10]) / 10).quantize(Decimal(".01"))
            )
            for name in names.split()
            if name == "fund_pay" or self.chance(0.8)
        }
        return cells

    def _visit(self) -> dict:
        number = len(self.visits)
        kind = self.pick(KINDS)
        settled = self._settled_at()
        nights = self.pick(NIGHTS) if kind == "21" else 0
        left = settled - timedelta(minutes=self.rng.choice([0, 10, 61]))
        came = left - timedelta(days=nights, minutes=self.rng.choice([0, 20]))
        visit = {
            "visit_id": f"V{number:04d}",
            "insured_id": self.pick(self.people)["insured_id"],
            "institution_id": self.place(kind),
            "visit_type": kind,
            "admitted_at": text(came),
            "discharged_at": text(left),
            "stay_days": self.rng.choice(["", str(nights), "0", "3", "15", "16"]),
            "attending_doctor_id": self.pick(DOCTORS),
            "admit_dept": self.pick(DEPARTMENTS),
            "discharge_dept": self.pick(("", *DEPARTMENTS)),
            "main_diagnosis": self.pick(DIAGNOSES),
            "discharge_way": self.pick(("1", "2", "")),
            "operation_code": self.pick(("", "", "47.0")),
            "referral_from_visit": self.pick(("", "", "", "V0000")),
            # Not columns of the table: what bills of this visit go by.
            "ended": text(left),
            "settled": text(settled),
        }
        shared = visit["attending_doctor_id"] == "D9"
        visit["attending_doctor_name"] = SHARED[number % 4] if shared else "测试"
        for name in ("admitted_at", "discharged_at"):
            if self.chance(0.08):
                visit[name] = ""
        self.visits[visit["visit_id"]] = visit
        return visit

    def _refund(self, bill: dict) -> None:
        """Take a bill back, whole or in part; some name no original that is there."""
        whole = self.chance(0.5)
        share = Decimal(1) if whole else Decimal("0.3")
        number = len(self.settlements)
        undone = {
            name: str(-(Decimal(bill[name]) * share).quantize(Decimal("0.01")))
            for name in bill
            if name in ("total_fee", "pay_account")
            or name.startswith(("fund_", "fee_"))
        }
        settled = datetime.fromisoformat(bill["settled_at"]) + timedelta(
            days=self.rng.choice([0, 0, 1, 20])
        )
        named = self.rng.choice([bill["settlement_id"]] * 8 + ["", "S9999"])
        if settled.date().replace(day=1) not in self.shape.months:
            settled = datetime.fromisoformat(bill["settled_at"])
        again = {
            "settlement_id": f"S{number:04d}",
            "original_settlement_id": named,
            "is_refund": "1",
            "settled_at": text(settled),
        }
        self.settlements.append(bill | undone | again)
        for own in [
            c for c in self.charges if c["settlement_id"] == bill["settlement_id"]
        ]:
            back = {k: self._minus(own[k], share) for k in ("quantity", "line_amount")}
            late = {"charged_at": text(settled)} if self.chance(0.3) else {}
            ids = {"line_id": f"{own['line_id']}r", "settlement_id": f"S{number:04d}"}
            self.charges.append(own | back | late | ids)

    def _minus(self, cell: str, share: Decimal) -> str:
        if not cell:
            return ""
        return str(-(Decimal(cell) * share).quantize(Decimal("0.01")))

    def _rush(self) -> None:
        """Cards at one pharmacy, apart by just as much as still counts, and more."""
        first = self.busy[0]
        for number, seconds in enumerate((0, 1, 299, 300, 301, 900)):
            moment = first + timedelta(seconds=seconds)
            if moment.month == first.month:
                self._bill(
                    settled_at=text(moment),
                    insured_id=f"P{number % self.shape.persons}",
                    institution_id="R0",
                    visit_type="41",
                    total_fee="25",
                )

    def _batch(self) -> None:
        """Send the bills of one place and day a second time, under new numbers."""
        day = text(self.rng.choice(self.busy))
        for n in range(4):
            self._bill(settled_at=day, institution_id="H0", total_fee=f"{30 + n // 2}")
        for bill in self.settlements[-4:]:
            if bill["is_refund"] == "1":
                continue
            number = f"S{len(self.settlements):04d}"
            visit = self.visits[bill["visit_id"]]
            if self.chance(0.7):
                visit = visit | {"visit_id": f"V{len(self.visits):04d}"}
                self.visits[visit["visit_id"]] = visit
            ids = {"settlement_id": number, "visit_id": visit["visit_id"]}
            self.settlements.append(bill | ids)

    def _open_visits(self) -> None:
        """Visits that nobody has settled yet."""
        for _ in range(self.rng.choice([0, 0, 2])):
            self._visit()
