"""A small store with exactly the frames of the real one, made from a seed.

Its path may carry switches: 'bare' has no leads, repairs or last year; 'odd'
has names full of markup; 'broken' fails for district 990999.
"""

from datetime import date

import numpy as np
import pandas as pd

from anomaly.inspection.draw import Inspector, Institution, Terms
from anomaly.inspection.kept_draws import KeptDraw
from anomaly.policy.campaign import campaign_policy

MONTHS = [date(2024 + (m // 12), m % 12 + 1, 1) for m in range(5, 29)]
DISTRICTS = {"990102": "甲测试区", "990121": "乙测试县", "990122": "丙测试县"}
DEPARTMENTS = ["内科", "外科", "中医科", "儿科", "骨科"]
INDICATORS = [
    ("patients", "服务人数", "Patients", "count", "both", "volume"),
    ("visits", "服务人次", "Visits", "count", "high", "volume"),
    ("total_fee", "医疗总费用", "Total fee", "amount", "high", "price"),
    ("fund_pay", "基金支付", "Fund pay", "amount", "high", "price"),
    ("fee_per_visit", "次均费用", "Fee per visit", "per_visit", "high", "price"),
    ("drug_share", "药占比", "Drug share", "share_of_money", "high", "drug"),
]
ODD = '#panic("x") <b>&amp;</b> $x$ *粗* @ref `=1+1` \\ [a](b) "引" _下_'


class StandIn:
    def __init__(self, path) -> None:
        self.path = str(path)
        self.bare, self.odd = "bare" in self.path, "odd" in self.path
        self.random = np.random.default_rng(7)
        self.units = {
            "doctor": self._doctors(180),
            "institution": self._houses(36),
            "pharmacy": self._houses(24, "药店"),
            "insured": self._persons(60),
        }

    def months(self):
        return MONTHS[-1:] if self.bare else list(MONTHS)

    def districts(self):
        names = dict(DISTRICTS)
        if self.odd:
            names["990102"] = ODD
        if "broken" in self.path:
            names["990999"] = "无数据区"
        return pd.DataFrame({"district": list(names), "name": list(names.values())})

    def _houses(self, count, of_kind=""):
        rows = []
        for i in range(count):
            district = list(DISTRICTS)[i % len(DISTRICTS)]
            kinds = ["人民医院", "中医医院", "中心卫生院", "社区卫生服务中心"]
            kind = of_kind or kinds[i % 4]
            rows.append(
                {
                    "unit_id": f"H9901{i:05d}",
                    "unit_name": f"{DISTRICTS[district]}第{i // 3 + 1}{kind}",
                    "institution_id": f"H9901{i:05d}",
                    "institution_name": f"{DISTRICTS[district]}第{i // 3 + 1}{kind}",
                    "department": "",
                    "district": district,
                    "peer_group": f"{['二级', '一级'][i % 4 > 1]}|{kind}",
                }
            )
        return self._figures(pd.DataFrame(rows), 900)

    def _persons(self, count):
        persons = self._houses(count)
        ids = [f"99000{i:05d}" for i in range(count)]
        return persons.assign(unit_id=ids, unit_name=ids, peer_group="age2|female")

    def _doctors(self, count):
        houses = self._houses(36)
        rows = []
        for i in range(count):
            house = houses.iloc[i % len(houses)]
            department = DEPARTMENTS[i % len(DEPARTMENTS)]
            name = f"测试医师{i:03d}"
            rows.append(
                {
                    "unit_id": f"D9901{i:06d}",
                    "unit_name": ODD if self.odd and i % 9 == 0 else name,
                    "institution_id": house["institution_id"],
                    "institution_name": house["institution_name"],
                    "department": department,
                    "district": house["district"],
                    "peer_group": f"{department}|{house['peer_group'][:2]}",
                }
            )
        return self._figures(pd.DataFrame(rows), 130)

    def _figures(self, frame, scale):
        size, r = len(frame), np.random.default_rng(11)
        frame["visits"] = np.maximum(r.lognormal(np.log(scale), 0.7, size), 12).round()
        sd = np.sqrt(0.015 + 0.9 / frame["visits"])
        z = r.normal(0, 1, size)
        z[np.arange(size) % 23 == 0] += 4.2
        frame["z"], frame["expected"] = z, 286.0
        frame["value"] = 286.0 * np.exp(z * sd)
        frame["total_fee"] = frame["visits"] * frame["value"]
        from scipy.stats import norm

        frame["p"] = norm.sf(z)
        return frame.assign(unit_kind="")

    def leads(self, unit, month=None, district=None, language="zh"):
        table = self.units[unit].sort_values(["p", "unit_id"]).reset_index(drop=True)
        table["unit_kind"] = unit
        p = table["p"]
        table["tier"] = np.select(
            [p < 1e-4, p < 1e-3, p < 1e-2], ["red", "orange", "yellow"], ""
        )
        if self.bare:
            table["tier"] = ""
        table["rank"] = np.arange(1, len(table) + 1)
        excess = (table["value"] - table["expected"]) * table["visits"]
        table["excess_amount"] = excess.round(2)
        table["excess_lower"] = (excess - 0.3 * excess.abs() - 900).round(2)
        table["excess_upper"] = (excess + 0.3 * excess.abs() + 900).round(2)
        table["q"] = np.minimum(1, p * len(table) / table["rank"])
        table["expected_by_chance"] = p * len(table)
        table["persistence"] = (table["rank"] * 5) % 12
        table["rules"] = np.where(table["rank"] % 4 == 2, "R02 R14", "")
        table["marks"] = np.where(table["rank"] % 5 == 3, "举报", "")
        table["line"] = np.where(table["rank"] < 4, "inspect", "")
        table["risk"] = -np.log10(p)
        lead = (table["tier"] != "") | (table["rules"] != "")
        trend = np.where(table["rank"] % 3 == 0, "new", "steady")
        table["trend"] = np.where(lead, trend, "")
        if self.bare:
            table["trend"] = ""
        table["month"], table["peers"], table["fallback"] = month, 64, ""
        over = (table["value"] / table["expected"] - 1) * 100
        if language == "zh":
            reasons = [
                f"次均费用 {v:.0f} 元，同类期望 286 元，高 {o:.0f}%；"
                f"药占比 58.2%，同类 41.0%；近 12 个月中 {k} 个月偏高"
                for v, o, k in zip(
                    table["value"], over, table["persistence"], strict=True
                )
            ]
        else:
            reasons = [
                f"Fee per visit CNY {v:.0f}, peers lead one to expect 286, {o:.0f}% "
                f"more; drug share 58.2% against 41.0%; high in {k} of 12 months"
                for v, o, k in zip(
                    table["value"], over, table["persistence"], strict=True
                )
            ]
        table["reasons"] = reasons
        if self.odd:
            table["reasons"] = ODD
        if district:
            table = table.loc[table["district"] == district]
        return table.drop(columns=["z", "value", "expected"]).reset_index(drop=True)

    def weighed(self, unit, unit_ids, month=None, language="zh"):
        checked = ["数据未见质量问题"] if language == "zh" else ["no data faults found"]
        row = {"indicator": "次均费用", "oe": 1.8, "place": 2, "of": 65}
        row |= {"checked": checked, "action": "列为重点检查对象，现场核查"}
        row |= {"basis": "淄人社字〔2014〕297号 三（警戒线）"}
        rows = [{"unit_id": one} | row for one in unit_ids]
        return pd.DataFrame(rows, columns=["unit_id", *row])

    def items(self, month=None, district=None):
        names = "district item name amount expected oe excess_amount place of"
        names += " persistence amount_before institution_name institution_share"
        item = ODD if self.odd else "测试抗感染片06"
        row = (7137.4, 4588.25, 1.5556, 2549.15, 1, 3, 4, 5532.7, "甲测试医院", 0.35)
        rows = [] if self.bare else [(d, "XJ01C06", item, *row) for d in DISTRICTS]
        return pd.DataFrame(rows, columns=names.split())

    def decided(self, month=None):
        counts = pd.DataFrame({"decided": [17], "confirmed": [12]}, index=["R02"])
        return counts.iloc[:0] if self.bare else counts

    def funnel(self, month=None, district=None):
        rows = [("suspected", 38, 66379.13), ("notified", 38, 66379.13)]
        rows += [("decided", 37, 66379.13), ("confirmed", 25, 63778.24)]
        rows += [("dismissed", 10, 2600.89), ("recovered", 8, 26224.04)]
        rows = [] if self.bare else rows
        return pd.DataFrame(rows, columns=["stage", "count", "amount"])

    def drawn(self, month=None):
        if self.bare:
            return None
        first = self.units["institution"]["unit_id"].iloc[0]
        drawn = [{"institution_id": first, "inspectors": ["J01", "J07"]}]
        drawn.append({"institution_id": "H000", "inspectors": ["J02", "J03"]})
        pool = [Institution(f"H{n:03d}") for n in range(35)]
        terms = Terms(
            count=2,
            team=2,
            institutions=[Institution(first), *pool],
            inspectors=[Inspector(f"J{n:02d}", "", ["H009"][n:]) for n in range(8)],
        )
        return KeptDraw(
            month="2026-05",
            seed_hash="ab" * 32,
            terms=terms,
            announced_at="2026-05-27T01:00:00+00:00",
            seed="公开种子",
            drawn_at="2026-05-28T01:00:00+00:00",
            draw=tuple(drawn),
        )

    def samples(self):
        names = (
            "sample_id institution_id months drawn_on claims sampled amount improper"
        )
        names += " share share_lower share_upper improper_amount amount_lower"
        names += " amount_upper amount_at_least reviewers disagreed"
        first = self.units["institution"]["unit_id"].iloc[0]
        row = ("S1", first, "2026-05", "2026-05-20", 948, 113, 270985.08, 3, 0.0235)
        row += (0.0053, 0.0749, 13926.69, 5076.2, 72711.1, 5414.2, 2, 2)
        rows = [] if self.bare else [row]
        return pd.DataFrame(rows, columns=names.split())

    def visits(self):
        rows = [] if self.bare else [(self._first(), date(2026, 5, 6))]
        return pd.DataFrame(rows, columns=["unit_id", "inspected_on"])

    def visit_coverage(self, on=None):
        rows = self.units["institution"][["unit_id", "unit_name", "district"]]
        return rows.assign(unit_kind="institution")

    def inspected_units(self):
        return self.visit_coverage()

    def visit_progress(self, covered, on=None):
        row = ("institution", len(covered), 1, len(covered) - 1, 0, 1 / len(covered))
        names = ["unit_kind", "units", "done", "left", "overdue", "share"]
        return pd.DataFrame([row], columns=names)

    def points_year(self, year, units=None, language="zh", until=None):
        names = "unit_id unit_name district entries points added reversed what basis"
        what = "次均和总额预算下调2%" if language == "zh" else "Budgets lowered by 2 %"
        row = (13, 15, 2, what, "龙马潭区 2019（超过12分：预算下调2%至5%）；取2%")
        unit = self.units["institution"].iloc[0]
        who = (unit["unit_id"], unit["unit_name"], unit["district"])
        rows = [] if self.bare else [(*who, 2, *row)]
        return pd.DataFrame(rows, columns=names.split())

    def grades(self, language="zh"):
        name = "优秀" if language == "zh" else "excellent"
        rows = [] if self.bare else [("institution", self._first(), 2025, "a", name)]
        names = ["unit_kind", "unit_id", "year", "grade", "grade_name"]
        return pd.DataFrame(rows, columns=names)

    @property
    def campaign_policy(self):
        return campaign_policy(None)

    def campaign_entries(self):
        return []

    def campaign_phases(self, on=None):
        rows = (
            [] if self.bare else [("self_check", "自查", "Self-check", "running", 15)]
        )
        return pd.DataFrame(rows, columns=["id", "zh", "en", "state", "days_left"])

    def _first(self):
        return self.units["institution"]["unit_id"].iloc[0]

    def tiers(self, unit, month=None, district=None):
        leads = self.leads(unit, month=month, district=district)
        tested = len(leads)
        rows = [
            (tier, int((leads["tier"] == tier).sum()), tested * share, tested)
            for tier, share in [("red", 2e-4), ("orange", 8e-4), ("yellow", 9e-3)]
        ]
        return pd.DataFrame(
            rows, columns=["tier", "leads", "expected_by_chance", "tested"]
        )

    def evidence(self, unit, month=None, indicator=None):
        if indicator is None:
            both = ["fee_per_visit", "drug_share"]
            return pd.concat([self.evidence(unit, month, each) for each in both])
        table = self.units[unit].copy()
        table["unit_kind"], table["indicator"] = unit, indicator
        table["n"] = table["visits"]
        scale = 0.41 / 286 if indicator == "drug_share" else 1
        flip = 0.6 if indicator == "drug_share" else 1
        table["value"] = 286 * (table["value"] / 286) ** flip * scale
        table["expected"] = table["expected"] * scale
        table["numerator"] = table["value"] * table["n"]
        table["denominator"] = table["n"]
        table["lower"], table["upper"] = (
            table["expected"] * 0.8,
            table["expected"] * 1.2,
        )
        table["fallback"], table["peers"], table["listable"] = "", 64, True
        table["excess_amount"] = 0.0
        return table.drop(columns=["total_fee", "visits"])

    def features(self, unit, month=None, wide=False, headers="id"):
        rows = []
        for d, district in enumerate(DISTRICTS):
            for i, when in enumerate(self.months()):
                wobble = 1 + 0.05 * np.sin(i * 1.7 + d) + 0.006 * i
                shift = 1 + 0.02 * np.sin(i * 2.9 + d)
                visits = round(41200 * wobble * (0.86 if when.month == 2 else 1))
                fee = visits * 281.4 * shift * (1 + 0.004 * i) * (1.2 if i == 23 else 1)
                for name, top, bottom in [
                    ("patients", visits * 0.7, 1),
                    ("visits", visits, 1),
                    ("total_fee", fee, 1),
                    ("fund_pay", fee * 0.61, 1),
                    ("fee_per_visit", fee, visits),
                    ("drug_share", fee * (0.38 + 0.002 * i) / shift, fee),
                    ("consumable_share", fee * 0.07 * wobble, fee),
                    ("exam_share", fee * 0.24 / wobble, fee),
                ]:
                    rows.append((district, when, name, top, bottom, visits))
        frame = pd.DataFrame(
            rows,
            columns=["unit_id", "month", "indicator", "numerator", "denominator", "n"],
        )
        frame["value"] = frame["numerator"] / frame["denominator"]
        return frame.assign(unit_kind=unit, spread=0.0)

    def indicators(self):
        frame = pd.DataFrame(
            INDICATORS, columns=["indicator", "zh", "en", "kind", "direction", "block"]
        )
        return frame.assign(why_it_matters="", basis="淄人社字〔2014〕297号 四")

    def repairs(self, month=None, district=None):
        columns = "artefact zh en institution_id institution_name settlements amount"
        columns = [*columns.split(), "what_to_do"]
        if self.bare:
            return pd.DataFrame(columns=columns)
        return pd.DataFrame(
            [
                (
                    "placeholder_id",
                    "占位证件号",
                    "Placeholder person number",
                    "H990100003",
                    "甲测试区第2中医医院",
                    37,
                    12873.5,
                    "核对参保人编号后重新上传",
                ),
                (
                    "reupload",
                    "重复上传",
                    "Uploaded twice",
                    "H990100006",
                    "甲测试区第3中心卫生院",
                    112,
                    40310.0,
                    "确认后撤销其中一批",
                ),
            ],
            columns=columns,
        )

    def hits(self, month=None, rule=None, district=None):
        rows = [
            ("R02", "H990100003", 1200.0, False, "", "间隔 3 天再次入院"),
            ("R02", "H990100003", 800.0, True, "化疗", "间隔 9 天再次入院"),
            ("R20", "P1", 35.5, False, "", "=1+1"),
        ]
        columns = ["rule", "unit_id", "amount", "excluded", "exclusion", "reason"]
        found = pd.DataFrame([] if self.bare else rows, columns=columns)
        english = {"exclusion_en": found["exclusion"], "reason_en": found["reason"]}
        persons = {"insured_id": "9900000001", "settlement_id": "S1", "line_id": None}
        houses = {"institution_id": found["unit_id"], "doctor_id": None}
        found = found.assign(**english, **persons, **houses)
        return pd.concat([found.assign(district=one) for one in DISTRICTS])

    def rules(self):
        rows = [
            (
                "R02",
                "分解住院",
                "Split admission",
                "师市医保发〔2020〕5号",
                "GZ10000204001000",
            ),
            ("R20", "药店连续刷卡", "Cards in a row", "杭州市（药店）", ""),
        ]
        return pd.DataFrame(rows, columns=["rule", "zh", "en", "basis", "official"])

    def coverage(self, language="zh"):
        return pd.DataFrame(
            [
                ("table", "stock", "进销存比对（R33）未计算"),
                ("column", "charge.prac_scp_code", "执业范围外占比未计算"),
            ],
            columns=["kind", "what", "consequence"],
        )

    def accounts(self):
        return pd.DataFrame(
            [
                (
                    "settlement",
                    "结算",
                    1203400,
                    1203377,
                    12,
                    11,
                    0,
                    341234567.89,
                    341230000.0,
                ),
                (
                    "charge",
                    "费用明细",
                    9876543,
                    9876500,
                    43,
                    0,
                    0,
                    341234567.89,
                    341230000.0,
                ),
            ],
            columns=[
                "table",
                "zh",
                "read",
                "accepted",
                "quarantined",
                "duplicate",
                "ignored",
                "amount_read",
                "amount_accepted",
            ],
        )

    def fingerprint(self):
        return "3f9a7c0d51be4e22"


def open_store(path):
    store = StandIn(path)
    if "broken" in store.path:
        whole = store.leads

        def leads(unit, month=None, district=None, language="zh"):
            if district == "990999":
                raise ValueError("the partition is damaged")
            return whole(unit, month=month, district=district, language=language)

        store.leads = leads
    return store
