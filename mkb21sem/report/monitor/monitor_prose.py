"""The monitor in sentences: what was found, and what may not be concluded from it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from markupsafe import Markup

from mkb21sem.describe.adoption import Adoption
from mkb21sem.describe.monitor import AGREES, agreement
from mkb21sem.describe.predictors import TERMS
from mkb21sem.report import numbers
from mkb21sem.report.monitor.monitor_study import MonitorStudy
from mkb21sem.report.words import Words

ALPHA = 0.05
SHAPED = ("EU_ANY", "EU_SNET", "EU_BLOG", "EU_CNTSHR", "EU_WIKI")


def summary(of: MonitorStudy, words: Words) -> Iterator[Markup]:
    """Respondents and users, agreement with the published numbers, the claim on experience."""
    shares = of.figures[of.figures["kind"] == "user_share"].iloc[0]
    n, users = numbers.count(of.wave.n, words.lang), numbers.count(int(of.wave.users.sum()), words.lang)
    share = numbers.percent(shares["value"] / 100, 1, words.lang)
    ci = numbers.interval(shares["low"], shares["high"], places=1, lang=words.lang)
    yield words("monitor.summary.sample", wave=of.wave.name, n=n, users=users, share=share, ci=ci)
    verdicts = agreement(of.figures).value_counts()
    counts = [numbers.count(int(verdicts.get(name, 0)), words.lang) for name in (AGREES, "differs", "not computable")]
    yield words("monitor.summary.published", agree=counts[0], differ=counts[1], none=counts[2])
    base = numbers.count(int(shares["base"]), words.lang)
    yield words("monitor.summary.value", users=users, n=base, share=share)
    if of.claim is not None:
        yield next(experience(of, words))


def experience(of: MonitorStudy, words: Words) -> Iterator[Markup]:
    """Whether "in all cases" holds here, and whether it may be said of the population."""
    if of.claim is None:
        yield words("monitor.none", cause=of.causes.get("experience", ""))
        return
    goals = numbers.count(len(of.claim.goals), words.lang)
    below = numbers.count(of.claim.below, words.lang)
    if of.claim.holds_here:
        yield words("monitor.claim.here", goals=goals)
    else:
        yield words("monitor.claim.not_here", goals=goals, below=below)
    key = "monitor.claim.holds" if of.claim.holds else "monitor.claim.open"
    certain = numbers.count(of.claim.certain, words.lang)
    yield words(key, p=numbers.equals_p(of.claim.p, words.lang), certain=certain, goals=goals)
    yield words("monitor.claim.caution")


def knowledge(of: MonitorStudy, words: Words) -> Iterator[Markup]:
    """What the index is and isn't."""
    known = of.index.dropna()
    mean = numbers.number(float(known.mean()) if len(known) else float("nan"), 2, words.lang)
    yield words("monitor.knowledge.what", mean=mean, n=numbers.count(len(known), words.lang))
    yield words("monitor.knowledge.limits")


def adoption(of: MonitorStudy, words: Words) -> Iterator[Markup]:
    """How use was regressed, what the predictions are worth, and that these are associations."""
    done = of.adoption.get("USER")
    if done is None:
        yield words("monitor.adoption.none", cause=of.causes.get("USER", ""))
        return
    terms = numbers.count(len(done.coefficients) - 1, words.lang)
    key = f"monitor.adoption.{done.method}.{done.reason}"
    yield words(key, events=numbers.count(done.events, words.lang), terms=terms)
    yield from _worth(done, words)
    if done.without:
        yield words("monitor.adoption.left_out", without=numbers.count(done.without, words.lang))
    if done.dropped:
        items = dict.fromkeys(term.item for term in TERMS if term.name in done.dropped)
        yield words("monitor.adoption.dropped", names=words.listed(words.short(item) for item in items))
    yield from _proportional(of, words)
    yield words("monitor.adoption.association")


def _proportional(of: MonitorStudy, words: Words) -> Iterator[Markup]:
    """Whether one odds ratio for every cut will do."""
    for name, key in (("BREEDTE", "breadth"), ("INTENS_MAX", "intensity")):
        if name in of.causes:
            yield words("monitor.none", cause=of.causes[name])
        tested = of.adoption[name].proportional if name in of.adoption else None
        if tested is None:
            continue
        if math.isnan(tested.p):
            yield words(f"monitor.proportional.{key}.none")
            continue
        verdict = "kept" if tested.p >= ALPHA else "doubtful"
        chisq = numbers.number(tested.chisq, 2, words.lang)
        given = {
            "df": numbers.count(tested.df, words.lang),
            "chisq": chisq,
            "p": numbers.equals_p(tested.p, words.lang),
        }
        yield words(f"monitor.proportional.{key}.{verdict}", **given)


def _worth(done: Adoption, words: Words) -> Iterator[Markup]:
    judged = done.discrimination
    if judged is not None:
        yield words(
            "monitor.adoption.worth",
            auc=numbers.bounded(judged.auc, 2, words.lang),
            corrected=numbers.bounded(judged.auc_corrected, 2, words.lang),
            slope=numbers.number(judged.slope_corrected, 2, words.lang),
            brier=numbers.bounded(judged.brier, 3, words.lang),
        )


def selection(of: MonitorStudy, words: Words) -> Iterator[Markup]:
    """What it means that the structural model has users only."""
    yield words("monitor.selection.what", users=numbers.count(int(of.wave.users.sum()), words.lang))
    yield words("monitor.selection.use")


def official(of: MonitorStudy, words: Words) -> Iterator[Markup]:
    """What official statistics are for here, and the shape that needs least assumptions."""
    if of.beside is None or of.sizes is None:
        yield words("monitor.none", cause=of.causes.get("official", ""))
        return
    yield words("monitor.official.what")
    shaped = of.sizes[of.sizes["variable"].isin(SHAPED)].drop_duplicates("variable")
    for key, rising in (("monitor.official.rising", True), ("monitor.official.falling", False)):
        names = [words.label(name) for name in shaped.loc[shaped["rising"] == rising, "variable"]]
        if names:
            yield words(key, names=words.listed(names))


def sources(of: MonitorStudy) -> list[dict[str, str]]:
    """Where official numbers come from: source, whose, what counted as use, what to mind."""
    if of.beside is None:
        return []
    named = of.beside[of.beside["source"] != ""].sort_values(["country", "year", "source"])
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for line in named.to_dict("records"):
        key = (f"{line['country']} {line['year']}", str(line["source"]))
        entry = found.setdefault(key, {"population": [], "definition": [], "note": []})
        for name, listed in entry.items():
            if line[name] and line[name] not in listed:
                listed.append(str(line[name]))
    return [
        {"year": year, "source": source, **{name: "; ".join(listed) for name, listed in entry.items()}}
        for (year, source), entry in found.items()
    ]


def weights(of: MonitorStudy, words: Words) -> Iterator[Markup]:
    """What the weights cost."""
    done = of.weights
    if done is None:
        return
    yield words(
        "monitor.weights.what",
        names=words.listed(words.short(name) for name in dict.fromkeys(done.margins["variable"])),
        low=numbers.number(float(done.values.min()), 2, words.lang),
        high=numbers.number(float(done.values.max()), 2, words.lang),
        deff=numbers.number(done.design_effect, 2, words.lang),
        size=numbers.count(done.effective_n, words.lang),
        n=numbers.count(len(done.values), words.lang),
        trimmed=numbers.count(done.trimmed, words.lang),
        cap=numbers.number(done.cap, 0, words.lang),
        unplaced=numbers.count(done.unplaced, words.lang),
    )
    yield words("monitor.weights.limits")


def limits(of: MonitorStudy, words: Words) -> Iterator[Markup]:
    """What to keep in mind."""
    ours = of.wave.codebook.source == ""
    yield words("monitor.limit.sample" if ours else "monitor.limit.sample_other")
    yield words("monitor.limit.many")
    lost = [item.construct for item in of.wave.codebook.items if item.evidence == "reconstruction"]
    if lost:
        names = [words.label(name) for name in dict.fromkeys(lost)]
        yield words("monitor.limit.questions", batteries=words.listed(names))
