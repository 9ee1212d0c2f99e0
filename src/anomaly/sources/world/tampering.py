"""What planted institutions and pharmacies do to their fee lines."""

import numpy as np
import pandas as pd

from anomaly.sources.world.setting import Setting

_DAILY = ("03", "04", "05")
_DRUGS = ("09", "10", "11")


def tamper(
    setting: Setting, events: pd.DataFrame, lines: pd.DataFrame, month: int
) -> pd.DataFrame:
    """Return the lines as the planted units charge them."""
    unit = events["unit"].to_numpy()[lines["event"].to_numpy()]
    category = setting.catalogue.items["category"].to_numpy()[lines["item"].to_numpy()]
    size = len(setting.providers.units)

    def at(scheme: str) -> np.ndarray:
        return setting.plan.on(scheme, month, size)[unit]

    _swap_items(setting, lines, at("swapped_items"), month)
    _swap_goods(setting, lines, at("swaps"), month)
    drugs = np.isin(category, _DRUGS)
    lines.loc[at("code_map_error") & drugs, "category"] = 14
    return _duplicate(
        setting, lines, at("duplicate_charges") & np.isin(category, _DAILY), month
    )


def _swap_items(setting: Setting, lines: pd.DataFrame, here, month: int) -> None:
    """Another local item, at two to three times the price, under a national code."""
    rng = setting.rng("swapped", month)
    kind = setting.catalogue.items["group"].to_numpy()[lines["item"].to_numpy()]
    fixed = np.isin(kind, ["bed", "nursing", "consult"])
    chosen = here & ~fixed & (rng.random(len(lines)) < 0.3)
    count = int(chosen.sum())
    lines.loc[chosen, "local"] = rng.integers(0, len(setting.catalogue.items), count)
    dearer = lines.loc[chosen, "price"] * rng.integers(20, 31, count) // 10
    lines.loc[chosen, "price"] = dearer


def _swap_goods(setting: Setting, lines: pd.DataFrame, here, month: int) -> None:
    """A pharmacy hands out goods and settles them under a drug's code."""
    rng = setting.rng("goods", month)
    chosen = here & (rng.random(len(lines)) < 0.35)
    lines.loc[chosen, "local"] = setting.catalogue.singles["gift"]


def _duplicate(setting: Setting, lines: pd.DataFrame, here, month) -> pd.DataFrame:
    """Charge the same scan, test or treatment twice on one day."""
    rng = setting.rng("duplicates", month)
    again = lines.loc[here & (rng.random(len(lines)) < 0.4)]
    return pd.concat([lines, again], ignore_index=True)
