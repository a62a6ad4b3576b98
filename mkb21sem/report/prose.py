"""The report's sentences: words of one language with the numbers of one analysis filled in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from markupsafe import Markup
from scipy.stats import norm

from mkb21sem.report import numbers
from mkb21sem.report.study import Study
from mkb21sem.report.words import Words

VERDICTS = ("supported", "undecided", "opposite", "not testable")


def summary(of: Study, words: Words) -> Iterator[Markup]:
    """Who answered and how well the model fits."""
    n, used = of.wave.n, of.found.moments.total
    key = "summary.sample" if used < n else "summary.sample_all"
    yield words(key, wave=of.wave.name, n=numbers.count(n, words.lang), used=numbers.count(used, words.lang))
    if of.found.converged:
        tested = of.found.test.df > 0
        yield words("summary.fit", **_fit(of, words.lang)) if tested else words("summary.saturated")


def _fit(of: Study, lang: str) -> dict[str, str]:
    values = of.indices
    show = {name: numbers.bounded(values[name], 3, lang) for name in ("cfi", "tli", "rmsea", "srmr")}
    ends = values["rmsea.ci.lower"], values["rmsea.ci.upper"]
    return show | {
        "df": numbers.count(values["df"], lang),
        "chisq": numbers.number(values["chisq"], 3, lang),
        "p": numbers.equals_p(values["pvalue"], lang),
        "ci": numbers.interval(*ends, numbers.bounded, 3, lang),
    }


def counts(of: Study) -> list[tuple[str, int]]:
    """How many hypotheses got each verdict; only verdicts that occur."""
    given = [verdict.verdict for verdict in of.judged]
    return [(name, given.count(name)) for name in VERDICTS if name in given]


def survey(of: Study, words: Words) -> Iterator[Markup]:
    """Where the answers come from, and how they split by use."""
    wave, lang = of.wave, words.lang
    sha = f"{wave.sha256[:16]}…" if wave.sha256 else numbers.ABSENT
    if wave.synthetic:
        yield words("survey.drawn", sha=sha)
    else:
        yield words("survey.source", source=Path(wave.source).name if wave.source else wave.name, sha=sha)
    use = wave.derived()["USER"]
    users, nonusers = int((use == 1).sum()), int((use == 0).sum())
    yield words(
        "survey.people",
        n=numbers.count(wave.n, lang),
        users=numbers.count(users, lang),
        nonusers=numbers.count(nonusers, lang),
    )
    if users + nonusers < wave.n:
        yield words("survey.unknown", unknown=numbers.count(wave.n - users - nonusers, lang))
    yield words("survey.routing")


def published(of: Study, words: Words, facts: dict[str, str]) -> Markup:
    """How many of the published figures this wave has, and what that tells."""
    then = words("describe.published_synthetic" if of.wave.synthetic else "describe.published_other")
    return words("describe.published", **facts) + " " + then


def specify(of: Study, words: Words) -> Iterator[Markup]:
    """The model's title, source, size, scale and identification."""
    model, where, lang = of.model, of.found.layout, words.lang
    yield words("specify.title", title=model.title or model.name, name=model.name)
    if model.source:
        yield words("specify.source", source=model.source)
    yield words(
        "specify.size",
        latents=len(model.latents),
        observed=len(model.observed),
        moments=numbers.count(where.moments, lang),
        free=numbers.count(where.k, lang),
        df=numbers.count(where.df, lang),
    )
    if model.latents:
        determined = of.found.converged and bool(np.isfinite(of.found.vcov).all())
        yield words("specify.scale" if determined else "specify.scale_only")
    if where.exogenous:
        yield words("specify.fixed_x", names=words.listed(where.exogenous))


def estimate(of: Study, words: Words) -> Iterator[Markup]:
    """The method, the rows that count, and whether the solution is proper."""
    found, lang = of.found, words.lang
    used = found.moments.total
    lost = sum(count for _, count in found.moments.left_out)
    yield words("estimate.method", steps=found.iterations)
    yield words(
        "estimate.rows",
        used=numbers.count(used, lang),
        not_asked=numbers.count(of.wave.n - used - lost, lang),
        lost=numbers.count(lost, lang),
    )
    if not found.converged:
        return
    where = improper(of)
    yield words("estimate.improper", where=", ".join(where)) if where else words("estimate.admissible")
    if found.cause:
        yield words("estimate.undetermined", cause=found.cause)


def improper(of: Study) -> list[str]:
    """Negative variances and standardised covariances beyond 1, as the table of estimates names them."""
    table = of.found.table()
    table = table[table["op"] == "~~"]
    own = table["lhs"] == table["rhs"]
    wrong = table[(own & (table["est"] < 0)) | (~own & (table["std"].abs() > 1))]
    return [f"{row.lhs} ~~ {row.rhs}" for row in wrong.itertuples()]


def opinion(of: Study, words: Words) -> Markup | None:
    """How far semopy agrees."""
    second, lang = of.opinion, words.lang
    if not of.found.converged:
        return None
    if second.reason:
        return words("estimate.no_opinion", version=second.version, reason=second.reason)
    return words(
        "estimate.opinion",
        version=second.version,
        theirs=numbers.number(second.chisq_semopy, 3, lang),
        ours=numbers.number(second.chisq, 3, lang),
        largest=_upward(second.largest, lang),
        agree=words("estimate.agree" if second.agrees else "estimate.disagree"),
    )


def _upward(x: float, lang: str) -> str:
    """The power of ten above a small difference, so that "no more than" stays true."""
    return numbers.bounded(10.0 ** math.ceil(math.log10(x)), max(0, -math.ceil(math.log10(x))), lang) if x else "0"


def reasons(of: Study, words: Words) -> Iterator[Markup]:
    """Why single hypotheses could not be tested, or what to keep in mind."""
    arrows = {(a.rhs, a.lhs) for a in of.model.arrows if a.op == "~"}
    for verdict in of.judged:
        claim = verdict.hypothesis
        if (claim.source, claim.outcome) not in arrows:
            path = words.path(claim.source, claim.outcome)
            yield words("reason.absent", id=claim.id, model=of.model.name, path=path)
        elif verdict.verdict == "opposite":
            yield words("reason.opposite", id=claim.id)
        elif verdict.reason:
            yield words("reason.other", id=claim.id, reason=verdict.reason)


def limits(of: Study, words: Words) -> Iterator[Markup]:
    """What the analysis can't show; each limit only where it applies."""
    model, used = of.model, of.found.moments.total
    used_text = numbers.count(used, words.lang)
    if of.wave.synthetic:
        yield words("limit.synthetic")
    yield words("limit.selection")
    yield words("limit.source")
    if model.endogenous:
        yield words("limit.cross_section")
    if used + sum(count for _, count in of.found.moments.left_out) < of.wave.n:
        yield words("limit.users", used=used_text)
    ours = dict.fromkeys(a.lhs for a in model.arrows if a.op == "=~" and a.evidence == "reconstruction")
    if ours:
        yield words("limit.constructs", names=words.listed(words.short(name) for name in ours))
    claims = [v.hypothesis for v in of.judged if v.verdict != "not testable"]
    reconstructed = [claim.id for claim in claims if claim.evidence == "reconstruction"]
    if reconstructed:
        yield words("limit.arrows", ids=words.listed(reconstructed))
    if any(claim.evidence and claim.sign for claim in claims):
        yield words("limit.signs")
    if any(name in of.wave.codebook for name in model.observed):
        yield words("limit.ordinal")
    sizes = detectable(of)
    if len(sizes):
        low, high = (numbers.bounded(size, 2, words.lang) for size in (sizes.min(), sizes.max()))
        yield words("limit.power", used=used_text, low=low, high=high)
    yield words("limit.equivalent")


def detectable(of: Study, alpha: float = 0.05, power: float = 0.80) -> pd.Series[float]:
    """Standardised size at which a path's two-sided z test has the given power: (z_{α/2} + z_{1−power}) · SE_std.

    The standard error is the one of this fit, brought to the standardised scale by std / est.
    """
    table = of.found.table()
    table = table[(table["op"] == "~") & table["se"].notna() & (table["est"] != 0)]
    factor = float(norm.isf(alpha / 2) + norm.isf(1 - power))
    sizes: pd.Series[float] = (factor * table["se"] * table["std"] / table["est"]).abs()
    return sizes
