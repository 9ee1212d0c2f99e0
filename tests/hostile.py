"""A stand-in store whose names are markup, formulas, paths, code, rare characters."""

import pandas as pd
import stand_in

NAMES = {
    "990102": "\"); open('ran','w').write('x') #\n../../ran",
    "990121": "<script>document.title='ran'</script><img src=x onerror=alert(1)>",
    "990122": '#panic("ran") $x$ *粗* [链接](http://x.example/) ${1+1} {{ 1+1 }}',
}
UNITS = [
    "=1+1",
    "+1+1",
    "@SUM(A1)",
    '=HYPERLINK("http://x.example/","看")',
    "𠮷田〇医师",
    "\U0002b7f9医师😀",
    "<b>粗</b>&amp;<script>ran</script>",
    '#read("/etc/passwd") _下_ `码`',
    "../../ran",
    "'; import os; os.mkdir('ran') #",
]


def open_store(path):
    """Return the stand-in with such names for districts, doctors and institutions."""
    store = stand_in.open_store("plain")
    frame = pd.DataFrame({"district": list(NAMES), "name": list(NAMES.values())})
    store.districts = lambda: frame
    for unit in ("doctor", "institution", "pharmacy"):
        table = store.units[unit]
        # By p within a district, so that each one's first leads carry them.
        order = table.groupby("district")["p"].rank(method="first").astype(int)
        named = [UNITS[place % len(UNITS)] for place in order]
        store.units[unit] = table.assign(unit_name=named)
    return store
