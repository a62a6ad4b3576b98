"""What a comparison says in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from mkb21sem.report import numbers
from mkb21sem.report.waves.comparison import Comparison
from mkb21sem.report.words import Words
from mkb21sem.specify.hypothesis import EXPLORATORY
from mkb21sem.survey.waves import Waves


def every(of: Comparison, words: Words) -> dict[str, list[Markup]]:
    """Sentences of every section."""
    return {
        "summary": [*_ladder(of, words), *_released(of, words), *_means(of, words), *_hypotheses(of, words)],
        "items": list(_items(of, words)),
        "ladder": [words(f"waves.rule.{'ordinal' if of.ladder.ordinal else 'continuous'}"), *_ladder(of, words)],
        "released": [words("waves.rule.release"), *_released(of, words)],
        "means": [words("waves.rule.means"), *_means(of, words)],
        "hypotheses": [words("waves.rule.hypotheses"), *_hypotheses(of, words)],
    }


def sizes(of: Comparison, words: Words) -> str:
    """The waves and how many respondents of each are used."""
    n = of.configural.moments.n
    each = [f"{name} (n = {numbers.count(size, words.lang)})" for name, size in zip(of.waves, n, strict=True)]
    return "; ".join(each)


def remarks(of: Comparison) -> list[str]:
    """What was done to the answers before anything was compared."""
    again = of.replication.remarks if of.replication else ()
    return list(dict.fromkeys([*of.ladder.remarks(), *again]))


def _items(of: Comparison, words: Words) -> Iterator[Markup]:
    if not isinstance(of.source, Waves):
        yield words("waves.one", group=of.group)
        return
    compared, asked = len(of.source.comparable()), len(of.source.codebook)
    yield words("waves.comparable", k=numbers.count(compared, words.lang), n=numbers.count(asked, words.lang))
    used = len(of.ladder.plan.model.observed)
    yield words("waves.used", k=numbers.count(used, words.lang))


def _ladder(of: Comparison, words: Words) -> Iterator[Markup]:
    holds = of.ladder.holds
    named = words.plain(f"waves.rung.{holds}")
    if holds == of.ladder.plan.rungs[-1]:
        yield words("waves.holds.all", rung=named)
        return
    stop = of.ladder.steps[of.ladder.plan.rungs.index(holds) + 1]
    if stop.against is None:
        yield words("waves.holds.stopped", rung=named, reason=stop.reason)
        return
    yield words(
        "waves.holds",
        rung=named,
        next=words.plain(f"waves.rung.{stop.name}"),
        chisq=numbers.number(stop.against.chisq, 2, words.lang),
        df=numbers.count(stop.against.df, words.lang),
        p=numbers.equals_p(stop.against.pvalue, words.lang),
    )


def _released(of: Comparison, words: Words) -> Iterator[Markup]:
    freed = of.partial.freed()
    if not len(freed):
        yield words("waves.none_released")
        return
    each = []
    for row in freed.to_dict("records"):
        kind = words.plain(f"waves.kind.{_kind(row['parameters'])}")
        each.append(f"{row['item']} ({row['wave']}, {kind}, dMACS {numbers.number(row['dmacs'], 2, words.lang)})")
    yield words("waves.were_released", items=words.listed(each))
    if not of.partial.complete:
        yield words("waves.incomplete")


def _kind(parameters: str) -> str:
    return parameters.split(",", maxsplit=1)[0]


def _means(of: Comparison, words: Words) -> Iterator[Markup]:
    if not of.means.allowed:
        yield words("waves.withheld")
        return
    trend = of.means.trend
    changed = [words.short(row["construct"]) for row in trend.to_dict("records") if row["equal_p"] < of.ladder.alpha]
    if not changed:
        yield words("waves.no_change", p=numbers.p_value(float(trend["equal_p"].min()), words.lang))
        return
    yield words("waves.changed", constructs=words.listed(changed))
    if of.group != "wave":
        return
    straight = _named(words, [r["construct"] for r in trend.to_dict("records") if r["slope_p"] < of.ladder.alpha])
    bent = _named(words, [r["construct"] for r in trend.to_dict("records") if r["rest_p"] < of.ladder.alpha])
    if straight:
        yield words("waves.linear", constructs=straight)
    if bent:
        yield words("waves.bent", constructs=bent)


def _named(words: Words, names: Sequence[str]) -> str:
    return words.listed([words.short(name) for name in names]) if names else ""


def _hypotheses(of: Comparison, words: Words) -> Iterator[Markup]:
    if of.replication is None:
        yield words("waves.no_replication", reason=of.why_not)
        return
    table = of.replication.summary
    g = len(of.waves)
    predicted = any(each.family != EXPLORATORY for each in of.hypotheses)
    yield words(
        "waves.replicated" if predicted else "waves.observed_again",
        all=numbers.count(int((table["supported"] == g).sum()), words.lang),
        some=numbers.count(int(((table["supported"] > 0) & (table["supported"] < g)).sum()), words.lang),
        none=numbers.count(int((table["supported"] == 0).sum()), words.lang),
        n=numbers.count(len(table), words.lang),
        g=numbers.count(g, words.lang),
    )
    differ = table.loc[table["equal_p"] < of.ladder.alpha, "hypothesis"]
    if len(differ):
        yield words("waves.differ", ids=words.listed(differ))
    metric = of.replication.metric
    key = "waves.metric_fits" if not metric.pvalue < of.ladder.alpha else "waves.metric_fails"
    yield words(key, p=numbers.equals_p(metric.pvalue, words.lang))
