"""The model beside others: rivals, waves or groups, its own changes, and its equals (items 31 to 34)."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from mkb21sem.infer.rivals.family import DRAWN
from mkb21sem.infer.waves.ladder import Ladder
from mkb21sem.report import registered
from mkb21sem.report.charts.rungs import rungs
from mkb21sem.report.documents.parts import Block, Num, Paragraph, Section, Tabled, joined, say
from mkb21sem.report.documents.pictures import of_chart
from mkb21sem.report.inference import rival_tables
from mkb21sem.report.inference.rival_tables import named
from mkb21sem.report.privacy.answers import sizes
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.publication.said import NOTE, quoted, shown
from mkb21sem.report.table import Column, Table
from mkb21sem.report.waves import tables as wave_tables
from mkb21sem.report.waves.comparison import Comparison
from mkb21sem.report.words import Words
from mkb21sem.survey.waves import Waves

METHODS = {
    "plain": "χ²",
    "satorra.2000": "Satorra, 2000",
    "satorra.bentler.2001": "Satorra & Bentler, 2001",
    "satorra.bentler.2010": "Satorra & Bentler, 2010",
}
CHANGES = ("cfi", "rmsea", "srmr", "aic", "bic")
ALPHA = 0.05
"""Level of the difference tests."""
LADDER = ("waves_ladder", "waves_ladder_released", "waves_criteria", "waves_freed", "waves_log")
OF_THE_MODEL = ("arrow", "item", "covariance", "operation")
"""First words of the deviations from a plan that are changes of the model."""


def section(of: Analysis, words: Words) -> Section:
    """What else could be, and whether it is the same everywhere."""
    parts = (
        Section("rivals", words("back.rivals"), tuple(_rivals(of, words))),
        Section("invariance", words("back.invariance"), tuple(_invariance(of, words))),
        Section("respecification", words("back.log"), tuple(_log(of, words))),
        Section("equivalent", words("back.equivalent"), tuple(_equivalent(of, words))),
    )
    return Section("comparison", words("back.comparison"), (), tuple(part for part in parts if part.filled))


def _rivals(of: Analysis, words: Words) -> Iterator[Block]:
    """What each rival claims, how it fits, and the tests of the pairs: item 31."""
    beside = of.inference.rivals
    if beside is None:
        yield say(words, "inference.rivals.none", reason=of.inference.rivals_reason.rstrip("."), look=NOTE)
        return
    tests = beside.comparison.tests
    methods = [METHODS.get(str(name), str(name)) for name in dict.fromkeys(_first(tests)["method"])]
    yield joined(
        say(words, "back.rivals.said", n=Num(len(beside.table) - 1, "count")),
        say(words, "back.rivals.method", methods=words.listed(methods)) if methods else None,
        say(words, "back.rivals.rule"),
    )
    yield Tabled(rival_tables.models(beside, words))
    yield Tabled(differences(of, words), shows=("31.alternatives",))
    better = [named(name, words) for name in preferred(of)]
    yield joined(
        say(words, "back.rivals.criterion"),
        say(words, "back.rivals.preferred", names=words.listed(better)) if better else say(words, "back.rivals.kept"),
    )
    structure = next((row for row in _against(of).to_dict("records") if row["larger"] == "saturated structure"), None)
    if structure is not None and pd.notna(structure["pvalue"]):
        facts = {
            "df": Num(structure["df"], "count"),
            "chisq": Num(structure["chisq"], "number2"),
            "p": Num(structure["pvalue"], "equals_p"),
        }
        yield say(words, "back.rivals.structure", facts)


def preferred(of: Analysis) -> list[str]:
    """Rivals that the answers prefer to the model: by the test of the pair, and by BIC where there is one."""
    assert of.inference.rivals is not None
    bic = of.inference.rivals.table.set_index("model")["bic"]
    found = []
    for pair in _against(of).to_dict("records"):
        rival = str(pair["larger"] if pair["smaller"] == DRAWN else pair["smaller"])
        rejected = bool(pair["pvalue"] < ALPHA)
        if pair["relation"] == "nested":
            by_test = rejected if rival == pair["larger"] else not rejected and pd.notna(pair["pvalue"])
        else:
            by_test = pair["nearer"] == rival
        if by_test and not bic[rival] >= bic[DRAWN]:
            found.append(rival)
    return found


def _first(tests: pd.DataFrame) -> pd.DataFrame:
    """The test of each pair that is reported: the first."""
    return tests.drop_duplicates(["smaller", "larger"])


def _against(of: Analysis) -> pd.DataFrame:
    """The pairs that the interpreted model is one of."""
    assert of.inference.rivals is not None
    pairs = of.inference.rivals.comparison.pairs
    return pairs[(pairs["smaller"] == DRAWN) | (pairs["larger"] == DRAWN)]


def differences(of: Analysis, words: Words) -> Table:
    """Each rival against the model: nesting, test, and by how much the indices change from the model to the rival."""
    assert of.inference.rivals is not None
    models = of.inference.rivals.table.set_index("model")
    lines = []
    for pair in _against(of).to_dict("records"):
        rival = pair["larger"] if pair["smaller"] == DRAWN else pair["smaller"]
        change = {f"d_{name}": float(models.loc[rival, name] - models.loc[DRAWN, name]) for name in CHANGES}
        relation = pair["relation"]
        if relation == "nested":
            relation = "rival nested" if rival == pair["smaller"] else "model nested"
        own = {str(key): value for key, value in pair.items()}
        lines.append({**own, "model": rival, "rival": named(rival, words), "relation": relation, **change})
        lines[-1]["nested"] = words.plain(f"rival_relation.{relation}")
    frame = pd.DataFrame(lines)
    vuong = bool(len(frame)) and frame["p_nearer"].notna().any()
    columns = [
        Column("rival"),
        Column("rival_relation", of=("nested",)),
        Column("=Δχ²", "number2", of=("chisq",)),
        Column("=Δdf", "count", of=("df",)),
        Column("p", "p", of=("pvalue",)),
        *([Column("p_distinguishable", "p"), Column("p_nearer", "p")] if vuong else []),
        *(Column(f"=Δ{name.upper()}", "bounded3", of=(f"d_{name}",)) for name in CHANGES[:3]),
    ]
    if bool(len(frame)) and frame["d_bic"].notna().any():
        columns.append(Column("=ΔBIC", "number1", of=("d_bic",)))
    return Table("rival_differences", frame, tuple(columns), wide=True)


def _invariance(of: Analysis, words: Words) -> Iterator[Block]:
    """The ladder: what is equal on each rung, its test, changes of indices, what was released: item 32."""
    compared = of.comparison
    if compared is None:
        reason = dict(of.absent).get("comparison", "").rstrip(".")
        why = say(words, "back.reason", reason=reason) if reason else None
        yield joined(say(words, "back.invariance.none"), why, look=NOTE)
        return
    ladder = compared.ladder
    yield joined(*_compared(of, compared, words))
    yield joined(*_climbed(ladder, words), *_released(compared, words))
    tested = any(step.against is not None for step in ladder.steps)
    yield Tabled(equated(ladder, words), shows=("32.invariance",) if tested else ())
    made = wave_tables.every(compared, words)
    for name in LADDER:
        if name in made:
            yield Tabled(made[name])
    yield of_chart(rungs(ladder, compared.partial.ladder, words, compared.synthetic))


def _compared(of: Analysis, told: Comparison, words: Words) -> Iterator[Paragraph]:
    yield say(words, "back.invariance.said", groups=words.listed(told.waves))
    if not isinstance(told.source, Waves):
        yield say(words, "back.invariance.group", group=told.group, label=words.label(told.group))
    for name, n in zip(told.waves, sizes(list(told.configural.moments.n), of.threshold), strict=True):
        yield say(words, "back.invariance.size", name=name, n=shown(n, "count"))
    yield say(words, f"waves.rule.{'ordinal' if told.ladder.ordinal else 'continuous'}")
    yield from (say(words, "estimate.remark", remark=remark) for remark in told.ladder.remarks())


def _climbed(ladder: Ladder, words: Words) -> Iterator[Paragraph]:
    """How far the ladder holds, and the test that stops it."""
    holds = ladder.holds
    rung = words.plain(f"waves.rung.{holds}")
    if holds == ladder.plan.rungs[-1]:
        yield say(words, "waves.holds.all", rung=rung)
        return
    stop = ladder.steps[ladder.plan.rungs.index(holds) + 1]
    if stop.against is None:
        yield say(words, "waves.holds.stopped", rung=rung, reason=stop.reason)
        return
    facts = {
        "chisq": Num(stop.against.chisq, "number2"),
        "df": Num(stop.against.df, "count"),
        "p": Num(stop.against.pvalue, "equals_p"),
    }
    yield say(words, "waves.holds", facts, rung=rung, next=words.plain(f"waves.rung.{stop.name}"))


def _released(of: Comparison, words: Words) -> Iterator[Paragraph]:
    """What had to be released, and why."""
    freed = of.partial.freed()
    if not len(freed):
        yield say(words, "waves.none_released")
        return
    items = [f"{row['item']} ({row['wave']})" for row in freed.to_dict("records")]
    yield say(words, "waves.rule.release")
    yield say(words, "waves.were_released", items=words.listed(items))
    if not of.partial.complete:
        yield say(words, "waves.incomplete")


def equated(ladder: Ladder, words: Words) -> Table:
    """What each rung holds equal over the groups, how many parameters are left, and the test against the rung below."""
    frame = ladder.table()
    frame["named"] = [words.plain(f"waves.rung.{rung}") for rung in frame["rung"]]
    frame["same"] = [
        ", ".join(words.plain(f"back.equated.{word}") for word in str(equal).split(", ")) for equal in frame["equal"]
    ]
    frame["verdict"] = ["" if pd.isna(p) else "kept" if p >= ladder.alpha else "rejected" for p in frame["diff_p"]]
    columns = (
        Column("waves_rung", of=("named",)),
        Column("equated", of=("same",)),
        Column("parameters_free", "count", of=("npar",)),
        Column("diff", "number2"),
        Column("diff_df", "count"),
        Column("diff_p", "p"),
        Column("rung_verdict", "word", of=("verdict",)),
    )
    return Table("equated", frame, columns)


def _log(of: Analysis, words: Words) -> Iterator[Block]:
    """Whether the model is the first one, and what was done otherwise than planned: item 33."""
    told, plan = of.declaration.respecification, of.study.plan
    known = ("33.log",) if told or plan is not None else ()
    yield say(words, "back.log.said", model=of.model.name, shows=known)
    if told:
        yield say(words, "back.log.declared")
        yield quoted(told)
    if plan is None:
        yield say(words, "back.log.no_plan", look=NOTE)
        return
    changes = tuple(each for each in of.inference.deviations if each.kind.split()[0] in OF_THE_MODEL)
    if not changes:
        yield say(words, "back.log.as_planned", when=plan.frozen)
        return
    yield say(words, "back.log.changed", n=Num(len(changes), "count"), when=plan.frozen)
    table = registered.table(changes)
    yield Tabled(Table("respecified", table.frame, table.columns))


def _equivalent(of: Analysis, words: Words) -> Iterator[Block]:
    """Models that no answers can tell from this one, and what speaks against them: item 34."""
    alike = of.inference.equivalent
    if alike is None:
        yield say(words, "back.equivalent.unknown", name=of.found.estimator.name, look=NOTE)
        return
    if not len(alike):
        yield say(words, "back.equivalent.none", shows=("34.equivalent",))
        return
    yield joined(
        say(words, "back.equivalent.said", n=Num(len(alike), "count")),
        say(words, "back.equivalent.theory" if of.declaration.theory else "back.equivalent.open"),
        *_reversed(of, alike, words),
    )
    yield Tabled(rival_tables.equivalents(alike, of.model, words), shows=("34.equivalent",))


def _reversed(of: Analysis, alike: pd.DataFrame, words: Words) -> Iterator[Paragraph]:
    """Those that turn an arrow round, apart from those that only leave its direction open."""
    turned = alike["change"].str.partition(" becomes ")[2].str.contains("→")
    counts = {"turned": Num(int(turned.sum()), "count"), "open": Num(int((~turned).sum()), "count")}
    yield say(words, "back.equivalent.kinds", counts)
    pointed = {*of.model.endogenous, *(item for items in of.model.indicators.values() for item in items)}
    given = [name for name in of.model.observed if name not in pointed]
    facts = [name for name in given if alike["change"].str.endswith(f"→ {name}").any()]
    if facts:
        yield say(words, "back.equivalent.observed", names=words.listed(words.short(name) for name in facts))
