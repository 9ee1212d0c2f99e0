"""What came of earlier leads, and where inspectors were sent by lot."""

from anomaly.briefs.facts import Facts

SHORT = 16  # characters of a hash that a page shows


def stages(facts: Facts) -> list[list[str]]:
    """Return a row a stage: name, leads, yuan, share of all that were suspected."""
    words, rows = facts.words, facts.stages
    whole = rows["count"].max() if len(rows) else 0
    return [
        [
            words[f"stage_{row.stage}"],
            words.count(row.count),
            words.money(row.amount),
            words.share(row.count / whole) if whole else "—",
        ]
        for row in rows.itertuples(index=False, name="Stage")
    ]


def stages_say(facts: Facts) -> str:
    """Return one sentence on how many of the decided leads were confirmed."""
    if facts.stages.empty:
        return facts.words["stages_empty"]
    counts = facts.stages.set_index("stage")["count"]
    closed = int(counts["confirmed"] + counts["dismissed"])
    if not closed:
        return facts.words["stages_none_closed"]
    return facts.words.say(
        "stages_say",
        closed=facts.words.count(closed),
        confirmed=facts.words.count(counts["confirmed"]),
        share=facts.words.share(counts["confirmed"] / closed),
    )


def inspection(facts: Facts) -> dict:
    """Return the draw of the month: rows of this district, a note, its hashes."""
    words, kept = facts.words, facts.inspection
    if kept is None:
        return {"rows": [], "says": words["draw_none"], "hashes": []}
    names = facts.leads["institution"].set_index("unit_id")["unit_name"]
    names = {**names, **facts.leads["pharmacy"].set_index("unit_id")["unit_name"]}
    rows = [
        [
            names[one["institution_id"]],
            one["institution_id"],
            words["comma_space"].join(one["inspectors"]),
        ]
        for one in kept.draw
        if one["institution_id"] in names
    ]
    says = words.say(
        "draw_says",
        drawn=len(kept.draw),
        pool=len(kept.terms.institutions),
        here=len(rows),
        team=kept.terms.team,
        inspectors=len(kept.terms.inspectors),
        recusals=kept.recusals,
    )
    says += (
        words.say("draw_announced", day=kept.announced_at[:10])
        if (kept.announced_at)
        else words["draw_unannounced"]
    )
    hashes = [
        [words["draw_seed_hash"], kept.seed_hash],
        [words["draw_seed"], kept.seed],
        [words["draw_terms_hash"], kept.terms.digest],
    ]
    return {"rows": rows, "says": says, "hashes": hashes}
