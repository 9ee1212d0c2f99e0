"""Settlements, visits, fee lines and diagnoses in the national layout."""

import numpy as np
import pandas as pd

from anomaly.sources.world.catalogue import CHRONIC, DEPARTMENT_CODES, DEPARTMENTS
from anomaly.sources.world.columns import (
    Columns,
    dates,
    moments,
    money,
    nothing,
    texts,
    whole,
)
from anomaly.sources.world.dispensing import Prescribers
from anomaly.sources.world.people import DISTRICTS, person_names
from anomaly.sources.world.setting import CANCER, STAY, TICKET, Setting
from anomaly.sources.world.settle import Batch
from anomaly.sources.world.streams import noise
from anomaly.sources.world.visits import CHRONIC_VISIT, DIALYSIS_VISIT

# The national dictionary's grade A of levels three, two and one.
HOSPITAL_LEVELS = ["08", "05", "02", ""]
# The type of a diagnosis that was caught in hospital.
INFECTION = "11"


class NationalTables:
    """Turns a month's batch into the columns of the national tables."""

    def __init__(self, setting: Setting, doctor_codes: list[str]) -> None:
        self.setting = setting
        self.doctor_codes = doctor_codes
        # Who stands behind a placeholder has no name.
        known = len(setting.providers.doctors)
        self.doctor_names = [
            f"测试医师{n:04d}" if n <= known else ""
            for n in range(1, len(doctor_codes) + 1)
        ]
        self.people = setting.people.frame
        self.names = person_names(self.people)
        self.units = setting.providers.units
        self.prescribers = Prescribers(setting)

    def settlements(self, batch: Batch) -> Columns:
        """Return setl_d."""
        table = batch.settlements
        size = len(table)
        people = self.people.iloc[table["person"].to_numpy()]
        unit = table["unit"].to_numpy()
        units = self.units
        manual = table["manual"].to_numpy() > 0
        first = table["original"].to_numpy()
        chronic = table["med"].isin([CHRONIC_VISIT, DIALYSIS_VISIT]).to_numpy()
        dx = np.where(chronic, table["dx"], -1)
        sex, age = self._sex_and_age(table, people)
        diagnoses = self.setting.catalogue.diagnoses
        return {
            "setl_id": whole(table["settlement"]),
            "init_setl_id": whole(first, first == 0),
            "mdtrt_id": whole(table["visit"]),
            "psn_no": whole(people["code"]),
            "insutype": whole(people["insurance"]),
            "gend": whole(sex),
            "age": whole(age),
            "brdy": dates(people["birth"]),
            "insu_admdvs": texts(DISTRICTS, people["home"]),
            "fixmedins_code": texts(units["code"], unit),
            "fixmedins_name": texts(units["name"], unit),
            "fix_blng_admdvs": texts(DISTRICTS, units["home"].to_numpy()[unit]),
            "hosp_lv": texts(HOSPITAL_LEVELS, units["level"].to_numpy()[unit]),
            "begndate": dates(table["day"]),
            "enddate": dates(table["end_day"]),
            "setl_time": moments(table["settle_day"], table["settle_sec"]),
            "mdtrt_cert_type": texts(["01", "02", "03"], people["phone"] % 3),
            "med_type": whole(table["med"]),
            "setl_type": texts(["2", "1"], manual.astype(int)),
            "clr_optins": texts(DISTRICTS, units["home"].to_numpy()[unit]),
            **_bill(table),
            "refd_setl_flag": whole(table["refund"]),
            "vali_flag": whole(table["valid"]),
            "dise_no": texts(diagnoses["code"], dx),
            "dise_name": texts(diagnoses["name"], dx),
            "year": whole(_years(table["settle_day"].to_numpy())),
            "manl_reim_rea": texts(["", "就医地未联网"], manual.astype(int))
            if size
            else nothing(0),
        }

    @staticmethod
    def _sex_and_age(table: pd.DataFrame, people: pd.DataFrame):
        sex = np.where(table["sex"] > 0, table["sex"], people["sex"])
        full = (table["day"].to_numpy() - people["birth"].to_numpy()) / 365.25
        given = table["age"].to_numpy()
        return sex, np.where(given >= 0, given, np.floor(full))

    def visits(self, batch: Batch) -> Columns:
        """Return mdtrt_d; rows sent again or refunded have no visit of their own."""
        table = batch.settlements
        size = len(table)
        people = self.people.iloc[table["person"].to_numpy()]
        kind = table["kind"].to_numpy()
        stay, ticket = kind == STAY, kind == TICKET
        diagnoses = self.setting.catalogue.diagnoses
        dept = np.where(ticket, -1, table["dept"])
        dx = np.where(ticket, -1, table["dx"])
        visit = table["visit"].to_numpy()
        refer = table["refer"].to_numpy()
        return {
            "mdtrt_id": whole(visit),
            "psn_no": whole(people["code"]),
            "psn_name": texts(self.names, table["person"]),
            "tel": _phones(people["phone"].to_numpy()),
            "fixmedins_code": texts(self.units["code"], table["unit"]),
            "med_type": whole(table["med"]),
            "begntime": moments(table["day"], table["sec"]),
            "endtime": moments(table["end_day"], table["end_sec"]),
            "ipt_otp_no": whole(visit % 10**7, ticket),
            "chfpdr_code": texts(self.doctor_codes, table["doctor"]),
            "chfpdr_name": texts(self.doctor_names, table["doctor"]),
            "adm_dept_codg": texts(DEPARTMENT_CODES, dept),
            "adm_dept_name": texts(DEPARTMENTS, dept),
            "dscg_dept_codg": texts(DEPARTMENT_CODES, np.where(stay, dept, -1)),
            "dscg_dept_name": texts(DEPARTMENTS, np.where(stay, dept, -1)),
            "adm_bed": whole(visit % 997 + 1, ~stay),
            "dscg_maindiag_code": texts(diagnoses["code"], dx),
            "dscg_maindiag_name": texts(diagnoses["name"], dx),
            "dscg_way": whole(table["way"], ~stay),
            "ipt_days": whole(table["end_day"] - table["day"], ~stay),
            "refl_old_mdtrt_id": whole(refer, refer <= 0),
            "oprn_oprt_code": _operations(batch, self.setting) if size else nothing(0),
            "vali_flag": whole(table["valid"]),
        }

    def lines(self, batch: Batch, first: int) -> Columns:
        """Return fee_list_d."""
        lines, items = batch.lines, self.setting.catalogue.items
        table = batch.settlements.iloc[lines["row"].to_numpy()]
        people = self.people["code"].to_numpy()[table["person"]]
        item = lines["item"].to_numpy()
        local = np.where(lines["local"] >= 0, lines["local"], item)
        size = len(lines)
        ticket = (table["kind"] == TICKET).to_numpy()
        own = items["category"].astype(int).to_numpy()[item]
        category = np.where(lines["category"] >= 0, lines["category"], own)
        supply = lines["supply"].to_numpy()
        words = [f"{n:02d}" for n in range(15)]
        return {
            "feedetl_sn": whole(first + 1 + np.arange(size)),
            # What repeats from line to line stands together, so it packs well.
            "setl_id": whole(table["settlement"]),
            "mdtrt_id": whole(table["visit"]),
            "psn_no": whole(people),
            "fixmedins_code": texts(self.units["code"], table["unit"]),
            "bilg_dept_codg": texts(
                DEPARTMENT_CODES, np.where(ticket, -1, self._departments(table))
            ),
            "bilg_dr_codg": texts(self.doctor_codes, self._orderers(table, ticket)),
            "fee_ocur_time": moments(lines["day"], lines["sec"]),
            "crte_time": self._sent(table, lines, ticket),
            "rx_drord_no": whole(table["visit"].to_numpy() * 100 + lines["order"]),
            "med_list_codg": texts(items["code"], item),
            "medins_list_codg": texts([f"L{n:03d}" for n in range(len(items))], local),
            "medins_list_name": texts(items["name"], local),
            "med_chrgitm_type": texts(words, category),
            "chrgitm_lv": whole(items["grade"].to_numpy()[item]),
            "lmt_used_flag": whole(items["restricted"].to_numpy()[item]),
            "hi_nego_drug_flag": whole(items["nego"].to_numpy()[item]),
            "pric_uplmt_amt": money(lines["cap"]),
            "pric": money(lines["price"]),
            "cnt": whole(lines["cnt"]),
            "det_item_fee_sumamt": money(lines["amount"]),
            "fulamt_ownpay_amt": money(lines["own"]),
            "prd_days": whole(supply, supply < 0),
            "dscg_tkdrug_flag": whole(lines["takehome"]),
            "vali_flag": whole(table["valid"]),
        }

    def _departments(self, table: pd.DataFrame) -> np.ndarray:
        """Return who ordered: now and then some doctors for another department."""
        seed, doctor = self.setting.seed, table["doctor"].to_numpy()
        visit, dept = table["visit"].to_numpy(), table["dept"].to_numpy()
        rate = 0.3 * np.maximum(noise(seed, "lends a hand", doctor) - 0.7, 0)
        other = (dept + 1 + visit % (len(DEPARTMENTS) - 1)) % len(DEPARTMENTS)
        return np.where(noise(seed, "lent", visit) < rate, other, dept)

    def _orderers(self, table: pd.DataFrame, ticket: np.ndarray) -> np.ndarray:
        """Return the doctor of each line; of purchases, whose prescription it was."""
        unit, visit = table["unit"].to_numpy(), table["visit"].to_numpy()
        found = table["doctor"].to_numpy().copy()
        found[ticket] = self.prescribers.of(unit[ticket], visit[ticket])
        return found

    def _sent(self, table: pd.DataFrame, lines: pd.DataFrame, ticket: np.ndarray):
        """Return when lines came in: at once from shops, else in the night after."""
        seed, unit = self.setting.seed, table["unit"].to_numpy()
        day, sec = lines["day"].to_numpy(), lines["sec"].to_numpy()
        rate = 0.005 + 0.1 * noise(seed, "slow", unit) ** 4
        # A stay's days are sent one by one, so each may be late.
        key = table["visit"].to_numpy() * 64 + day % 64
        late = np.where(noise(seed, "sent late", key) < rate, 1 + key % 4, 0)
        night = day + 1 + late
        return moments(np.where(ticket, day, night), np.where(ticket, sec, 2 * 3600))

    def diagnoses(self, batch: Batch) -> Columns:
        """Return setl_diag_list_d: the main one; of stays others, and infections."""
        table = batch.settlements
        table = table.loc[table["kind"] != TICKET]
        second = table.loc[table["kind"] == STAY]
        third = second.loc[self._infected(second)]
        special = self.setting.catalogue.special
        other = self.setting.catalogue.by_department[0][:CHRONIC]
        other = other[second["visit"].to_numpy() % CHRONIC]
        cancer = (second["style"] == CANCER).to_numpy()
        other = np.where(cancer, special["C34"], other)
        caught = np.array([special["T81"], special["J15"]])
        dx = [table["dx"], other, caught[third["visit"].to_numpy() % 2]]
        every = pd.concat([table, second, third])
        order = np.repeat([1, 2, 3], [len(table), len(second), len(third)])
        diagnoses = self.setting.catalogue.diagnoses
        place = np.concatenate(dx)
        return {
            "setl_id": whole(every["settlement"]),
            "mdtrt_id": whole(every["visit"]),
            "diag_type": texts(["1", INFECTION], (order == 3).astype(int)),
            "maindiag_flag": whole(order == 1),
            "diag_srt_no": whole(order),
            "diag_code": texts(diagnoses["code"], place),
            "diag_name": texts(diagnoses["name"], place),
            "vali_flag": whole(every["valid"]),
        }

    def _infected(self, stays: pd.DataFrame) -> np.ndarray:
        """Tell which stays caught an infection: the longer, the likelier."""
        seed, days = self.setting.seed, stays["end_day"] - stays["day"]
        ward = 0.5 + noise(seed, "ward", stays["unit"].to_numpy())
        caught = noise(seed, "infected", stays["visit"].to_numpy())
        return caught < 0.004 * ward * np.maximum(days.to_numpy() - 1, 0)


def _bill(table: pd.DataFrame) -> Columns:
    names = {
        "medfee_sumamt": "total", "fulamt_ownpay_amt": "own",
        "overlmt_selfpay": "over", "preselfpay_amt": "pre", "inscp_amt": "scope",
        "hifp_pay": "fund", "fund_pay_sumamt": "fund", "psn_pay": "pay",
        "acct_pay": "account", "cash_payamt": "cash",
    }  # fmt: skip
    return {name: money(table[source].to_numpy()) for name, source in names.items()}


def _phones(number: np.ndarray):
    unique, place = np.unique(number, return_inverse=True)
    return texts([f"测试电话{n:06d}" for n in unique], place)


def _years(day: np.ndarray) -> np.ndarray:
    return day.astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970


def _operations(batch: Batch, setting: Setting):
    """Name the operation of a stay by the item that was charged."""
    items = setting.catalogue.items
    surgery = items["category"].to_numpy()[batch.lines["item"].to_numpy()] == "06"
    done = np.full(len(batch.settlements), -1)
    done[batch.lines.loc[surgery, "row"]] = batch.lines.loc[surgery, "item"]
    women = batch.settlements["dept"].to_numpy() == 2
    words = ["47.0100", "74.1x00"]
    return texts(words, np.where(done >= 0, women.astype(int), -1))
