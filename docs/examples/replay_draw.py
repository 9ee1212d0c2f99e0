"""Repeat a published inspection draw with plain Python, nothing installed.

    python replay_draw.py DRAW.json

DRAW.json is what `anomaly draw show --out DRAW.json` publishes. The hash of the seed
and that of the lists were to be known before the draw: compare those printed with
the announcement. The seed and the lists are published after it.
"""

import json
import math
import sys
from fractions import Fraction
from hashlib import sha256


def digest(text):
    return sha256(text.encode()).hexdigest()


def in_order(seed, names):
    return sorted(set(names), key=lambda name: (digest(f"{seed}|{name}"), name))


def chances(institutions, count):
    """The heavier the likelier, none beyond one: those at one are set aside first."""
    weights = {one["id"]: one["weight"] for one in institutions}
    found = {}
    while True:
        whole, left = sum(weights.values()), count - len(found)
        sure = [name for name, weight in weights.items() if weight * left >= whole]
        if not sure:
            break
        found.update({name: Fraction(1) for name in sure})
        weights = {name: w for name, w in weights.items() if name not in found}
    return found | {name: Fraction(w * left, whole) for name, w in weights.items()}


def replay(terms, seed):
    institutions = {one["id"]: one for one in terms["institutions"]}
    chance = chances(terms["institutions"], terms["count"])
    lengths = {}
    for name, one in institutions.items():
        lengths[one["stratum"]] = lengths.get(one["stratum"], 0) + chance[name]
    start, end, places = Fraction(int(digest(f"{seed}|start"), 16), 2**256), 0, {}
    for stratum in in_order(f"{seed}|stratum", lengths):
        begin, end = end, end + lengths[stratum]
        places[stratum] = math.floor(end - start) - math.floor(begin - start)
    drawn = []
    for name in in_order(seed, institutions):
        one = institutions[name]
        if places[one["stratum"]] > 0:
            places[one["stratum"]] -= 1
            free = [
                who["id"]
                for who in terms["inspectors"]
                if name not in who["recused"]
                and not (terms["cross_county"] and who["district"] == one["district"])
            ]
            team = in_order(f"{seed}|{name}", free)[: terms["team"]]
            drawn.append({"institution_id": name, "inspectors": team})
    return drawn


def main(path):
    with open(path, encoding="utf-8") as file:
        published = json.load(file)
    if digest(published["seed"]) != published["seed_hash"]:
        sys.exit("the seed is not the one whose hash was published")
    # The lists as one text, keys in order, no blanks: its hash was published as well.
    lists = json.dumps(
        published["terms"], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    if digest(lists) != published["terms_hash"]:
        sys.exit("the lists are not those whose hash was published")
    for name in ("seed_hash", "terms_hash"):
        sys.stderr.write(f"{name} (compare with the announcement): {published[name]}\n")
    again = replay(published["terms"], published["seed"])
    for one in again:
        sys.stdout.write(" ".join([one["institution_id"], *one["inspectors"]]) + "\n")
    sys.exit(again != published["draw"] and "this is not the list that was published")


if __name__ == "__main__":
    main(sys.argv[1])
