"""What can be charged and diagnosed: items, prices, diagnoses, departments."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

DEPARTMENTS = ("内科", "外科", "妇产科", "儿科", "中医科")
DEPARTMENT_CODES = ("A03", "A04", "A05", "A07", "A50")
POOLS = ("adult", "adult", "woman", "child", "adult")
# Columns of the price table: hospital levels one to three, chain and single pharmacy.
PRICE_TIERS = 5
FIRST_YEAR = 2020
YEARS = 16

# code, name, effect on the fee, mild enough for outpatient care
_DIAGNOSES: tuple[tuple[tuple[str, str], ...], ...] = (
    (
        ("I10.x00", "特发性高血压"),
        ("E11.900", "2型糖尿病"),
        ("I25.103", "冠状动脉粥样硬化性心脏病"),
        ("J06.900", "急性上呼吸道感染"),
        ("K29.500", "慢性胃炎"),
        ("J20.900", "急性支气管炎"),
        ("J18.900", "肺炎"),
        ("I63.900", "脑梗死"),
        ("J44.900", "慢性阻塞性肺疾病"),
    ),
    (
        ("M51.202", "腰椎间盘突出"),
        ("S61.900", "手部开放性伤口"),
        ("L03.900", "蜂窝织炎"),
        ("K80.200", "胆囊结石"),
        ("K40.900", "腹股沟疝"),
        ("S82.600", "踝关节骨折"),
        ("K35.800", "急性阑尾炎"),
        ("N20.000", "肾结石"),
    ),
    (
        ("N76.000", "急性阴道炎"),
        ("Z34.900", "正常妊娠监督"),
        ("N92.600", "月经不规则"),
        ("N73.900", "盆腔炎"),
        ("D25.900", "子宫平滑肌瘤"),
        ("O80.000", "头位顺产"),
        ("O20.000", "先兆流产"),
    ),
    (
        ("J06.900", "急性上呼吸道感染"),
        ("J20.900", "急性支气管炎"),
        ("K52.900", "胃肠炎"),
        ("J03.900", "急性扁桃体炎"),
        ("L20.900", "特应性皮炎"),
        ("J18.000", "支气管肺炎"),
        ("B08.400", "手足口病"),
    ),
    (
        ("M54.500", "腰痛"),
        ("M47.800", "颈椎病"),
        ("G47.000", "失眠"),
        ("K30.x00", "消化不良"),
        ("M19.900", "骨关节病"),
        ("I10.x00", "特发性高血压"),
        ("M17.900", "膝关节病"),
    ),
)
_SPECIAL = (
    ("N18.500", "慢性肾脏病5期"),
    ("C34.900", "肺恶性肿瘤"),
    ("C18.900", "结肠恶性肿瘤"),
    ("Z51.100", "肿瘤化学治疗"),
    ("T81.400", "操作后感染"),
    ("J15.900", "细菌性肺炎"),
)
CHRONIC = 3  # the first three diagnoses of 内科 are registered chronic diseases

# category, code stem, name stem, class, lowest price, highest price, how many
_GRIDS = (
    ("03", "0021", "测试检查", 1, 15.0, 1500.0, 12),
    ("04", "0025", "测试化验", 1, 5.0, 420.0, 12),
    ("05", "0031", "测试治疗", 2, 4.0, 1200.0, 15),
    ("06", "0033", "测试手术", 1, 300.0, 9000.0, 10),
    ("08", "C030", "测试耗材", 2, 3.0, 700.0, 14),
)
_DRUG_GRIDS = (
    # list, category, code stem, name, price from, to, number
    ("general", "09", "XJ01C", "测试抗感染片", 4.2, 62.0, 6),
    ("general", "09", "XA02B", "测试胃药胶囊", 5.1, 48.0, 5),
    ("内科", "09", "XC09A", "测试降压片", 3.6, 55.0, 6),
    ("内科", "09", "XA10B", "测试降糖片", 4.8, 68.0, 4),
    ("外科", "09", "XM01A", "测试止痛片", 3.9, 44.0, 5),
    ("妇产科", "09", "XG01A", "测试妇科栓", 6.3, 59.0, 5),
    ("儿科", "09", "XR05C", "测试儿童糖浆", 4.5, 41.0, 5),
    ("中医科", "10", "T0001", "测试饮片", 2.4, 28.0, 10),
    ("patent", "11", "ZA01B", "测试中成药", 5.7, 66.0, 7),
    ("cancer", "09", "XL01X", "测试抗肿瘤药", 160.0, 1900.0, 4),
)


@dataclass(frozen=True)
class Catalogue:
    """Items with prices in fen by item, tier and year; diagnoses by department."""

    items: pd.DataFrame
    prices: np.ndarray
    caps: np.ndarray
    grids: dict[str, np.ndarray]
    drugs: tuple[np.ndarray, ...]
    shop_drugs: np.ndarray
    cancer_drugs: np.ndarray
    singles: dict[str, int]
    diagnoses: pd.DataFrame
    by_department: tuple[np.ndarray, ...]
    special: dict[str, int]

    def price(
        self, item: np.ndarray, tier: np.ndarray, year: int | np.ndarray
    ) -> np.ndarray:
        """Return unit prices in fen."""
        return self.prices[item, tier, np.clip(year - FIRST_YEAR, 0, YEARS - 1)]


def _geometric(low: float, high: float, count: int) -> np.ndarray:
    return np.round(np.geomspace(low, high, count), 1)


def _service_rows() -> list[tuple]:
    rows: list[tuple] = []
    for category, stem, name, grade, low, high, count in _GRIDS:
        for k, price in enumerate(_geometric(low, high, count)):
            # Mid-priced scans stand for CT, the dearer ones for magnetic resonance.
            label = name
            if category == "03" and k in (6, 7):
                label = "测试CT扫描"
            if category == "03" and k in (8, 9):
                label = "测试核磁共振"
            rows.append(
                (f"{stem}{k + 1:05d}", f"{label}{k + 1:02d}", category, grade, price,
                 category, 0, 0)
            )  # fmt: skip
    rows += [
        ("001109001", "测试床位费", "01", 1, 42.0, "bed", 0, 0),
        ("001201001", "测试护理费", "07", 1, 16.0, "nursing", 0, 0),
        ("001102001", "测试诊察费", "02", 1, 11.0, "consult", 0, 0),
        ("003110001", "测试血液透析", "05", 1, 340.0, "dialysis", 0, 0),
        ("C14000001", "测试透析管路", "08", 2, 62.0, "tubing", 0, 0),
        ("MISC00001", "测试保健礼盒", "14", 3, 88.0, "gift", 0, 0),
    ]
    return rows


def _drug_rows() -> list[tuple]:
    rows: list[tuple] = []
    for group, category, stem, name, low, high, count in _DRUG_GRIDS:
        for k, price in enumerate(_geometric(low, high, count)):
            grade = 3 if (k == count - 1 and group == "patent") else 1 + k % 2
            nego = int(group == "cancer" or k == count - 1)
            restricted = int(nego or k % 4 == 3)
            rows.append(
                (f"{stem}{k + 1:02d}", f"{name}{k + 1:02d}", category, grade, price,
                 group, restricted, nego)
            )  # fmt: skip
    return rows


def _price_table(items: pd.DataFrame) -> np.ndarray:
    """Services cost more in higher hospitals; drugs have one price but for shops."""
    drug = items["category"].isin(["09", "10", "11"]).to_numpy()
    service = np.array([0.85, 1.0, 1.15, 1.0, 1.0])
    shop = np.array([1.0, 1.0, 1.0, 1.04, 1.07])
    tier = np.where(drug[:, None], shop, service)
    # Services drift up a little each January, drugs a little down.
    drift = np.where(drug[:, None], 0.99, 1.015) ** np.arange(-4, YEARS - 4)
    fen = items["price"].to_numpy()[:, None, None] * tier[:, :, None]
    return np.round(fen * drift[:, None, :] * 10).astype(np.int64) * 10


def _diagnosis_table() -> tuple[pd.DataFrame, tuple[np.ndarray, ...], dict[str, int]]:
    rows, groups = [], []
    for own in _DIAGNOSES:
        start = len(rows)
        effect = np.linspace(-0.14, 0.2, len(own))
        rows += [(c, n, e) for (c, n), e in zip(own, effect, strict=True)]
        groups.append(np.arange(start, len(rows)))
    special = {}
    for code, name in _SPECIAL:
        special[code[:3]] = len(rows)
        rows.append((code, name, 0.0))
    frame = pd.DataFrame(rows, columns=["code", "name", "effect"])
    return frame, tuple(groups), special


def build_catalogue() -> Catalogue:
    """Return the one catalogue every world shares."""
    columns = ["code", "name", "category", "grade", "price", "group", "restricted",
               "nego"]  # fmt: skip
    items = pd.DataFrame(_service_rows() + _drug_rows(), columns=columns)
    prices = _price_table(items)

    def members(*groups: str) -> np.ndarray:
        chosen = items.loc[items["group"].isin(groups)].sort_values("price")
        return chosen.index.to_numpy()

    drugs = [members("general", "patent", d) for d in DEPARTMENTS[:4]]
    drugs.append(members("中医科", "patent"))
    diagnoses, groups, special = _diagnosis_table()
    names = ("bed", "nursing", "consult", "dialysis", "tubing", "gift")
    return Catalogue(
        items=items,
        prices=prices,
        caps=np.round(prices.max(axis=2) * 1.12 / 10).astype(np.int64) * 10,
        grids={g[0]: members(g[0]) for g in _GRIDS},
        drugs=tuple(drugs),
        shop_drugs=members("general", "patent", "内科"),
        cancer_drugs=members("cancer"),
        singles={n: int(members(n)[0]) for n in names},
        diagnoses=diagnoses,
        by_department=groups,
        special=special,
    )
