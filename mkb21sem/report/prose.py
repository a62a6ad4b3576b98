"""The report's sentences: words of one language with the numbers of one analysis filled in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from markupsafe import Markup
from scipy.stats import norm

from mkb21sem.infer.judging.verdicts import Verdict
from mkb21sem.report import numbers
from mkb21sem.report.study import Study
from mkb21sem.report.words import Words


def summary(of: Study, words: Words) -> Iterator[Markup]:
    """Who answered and how well the model fits."""
    n, used = of.wave.n, of.found.moments.total
    key = "summary.sample_all" if used == n else "summary.sample_any" if partial(of) else "summary.sample"
    yield words(key, wave=of.wave.name, n=numbers.count(n, words.lang), used=numbers.count(used, words.lang))
    if of.found.converged:
        tested = of.found.test.df > 0
        yield words("summary.fit", **_fit(of, words)) if tested else words("summary.saturated")


def _fit(of: Study, words: Words) -> dict[str, str]:
    """The scaled test and the robust indices where they exist: those that the estimator stands for."""
    values, lang = of.indices, words.lang
    ending = ".scaled" if of.found.scaled is not None and math.isfinite(values["chisq.scaled"]) else ""
    best = _best(values)
    show = {name: numbers.bounded(values[name + best], 3, lang) for name in ("cfi", "tli", "rmsea")}
    low, high = values[f"rmsea.ci.lower{best}"], values[f"rmsea.ci.upper{best}"]
    df = values[f"df{ending}"]
    return show | {
        "df": numbers.number(df, 0 if float(df).is_integer() else 2, lang),
        "chisq": numbers.number(values[f"chisq{ending}"], 3, lang),
        "p": numbers.equals_p(values[f"pvalue{ending}"], lang),
        "ci": numbers.interval(low, high, numbers.bounded, 3, lang),
        "kind": words.plain("summary.scaled" if ending else "summary.unscaled", name=of.found.estimator.name),
        "robust": f" {words.plain(f'summary.indices{best}')}" if best else "",
        "srmr": numbers.bounded(values["srmr"], 3, lang),
    }


def _best(values: pd.Series[float]) -> str:
    """Ending of the most trustworthy version that CFI, TLI and RMSEA all have."""
    endings = (".robust", ".scaled")
    has = (all(math.isfinite(values[name + ending]) for name in ("cfi", "tli", "rmsea")) for ending in endings)
    return next((ending for ending, there in zip(endings, has, strict=True) if there), "")


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
    """The estimator and why, the rows that count, what χ² is, and whether the solution is proper."""
    found = of.found
    name = found.estimator.name
    yield words("estimate.method", name=name, how=words.plain(f"estimator.{name}"), steps=found.iterations)
    yield _why(of, words)
    yield _rows(of, words) + " " + words(f"missing.{_handling(of)}")
    observed = bool(found.moments.patterns) and found.estimator.vcov == "expected"
    errors = "observed" if observed else found.estimator.vcov
    yield words(f"vcov.{errors}") + " " + words(f"test.{found.estimator.test}")
    yield words("estimate.ordinal" if found.layout.thresholds else "estimate.continuous")
    for remark in found.moments.remarks:
        yield words("estimate.remark", remark=remark)
    if not found.converged:
        return
    where = improper(of)
    yield words("estimate.improper", where=", ".join(where)) if where else words("estimate.admissible")
    if found.cause:
        yield words("estimate.undetermined", cause=found.cause)


def _why(of: Study, words: Words) -> Markup:
    """The reason of the choice, with the figures that it rests on."""
    choice, lang = of.choice, words.lang
    return words(
        f"choice.{choice.reason}",
        name=choice.estimator,
        other=choice.alternative,
        items=numbers.count(len(choice.items), lang),
        categories=numbers.count(choice.categories, lang),
        fewest=choice.fewest,
        skewness=numbers.number(choice.skewness, 2, lang),
        skewest=choice.skewest,
    )


def _rows(of: Study, words: Words) -> Markup:
    found, lang = of.found, words.lang
    used = found.moments.total
    lost = sum(count for _, count in found.moments.left_out)
    some = partial(of)
    return words(
        "estimate.rows_any" if some else "estimate.rows",
        used=numbers.count(used, lang),
        not_asked=numbers.count(of.wave.n - used - lost, lang),
        lost=numbers.count(lost, lang),
        **({"partial": numbers.count(some, lang)} if some else {}),
    )


def _handling(of: Study) -> str:
    """How missing answers were treated; none if there were none."""
    return of.choice.missing if of.choice.incomplete else "none"


def partial(of: Study) -> int:
    """Rows that count though an answer is missing."""
    return sum(int(np.isnan(rows).any(axis=1).sum()) for rows in of.found.moments.rows)


def beside(of: Study, words: Words) -> Iterator[Markup]:
    """What the other estimator makes of it, and whether a verdict would change."""
    other = of.beside
    if other.found is None:
        if other.estimator:
            yield words("beside.none", other=other.estimator, reason=other.reason)
        return
    name = other.found.estimator.name
    test = other.found.scaled or other.found.test
    yield words(
        "beside.fit",
        one=of.found.estimator.name,
        other=name,
        df=numbers.number(test.df, 0 if float(test.df).is_integer() else 2, words.lang),
        chisq=numbers.number(test.chisq, 3, words.lang),
        p=numbers.equals_p(test.pvalue, words.lang),
        used=numbers.count(other.found.moments.total, words.lang),
    )
    if not of.judged:
        return
    turned = other.changed(of.judged)
    said = [f"{a.hypothesis.id} ({_verdict(a, words)} → {_verdict(b, words)})" for a, b in turned]
    yield words("beside.changed", other=name, ids=words.listed(said)) if said else words("beside.same", other=name)


def _verdict(verdict: Verdict, words: Words) -> str:
    return words.plain(f"verdict.{verdict.verdict}")


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
    if of.found.layout.thresholds:
        yield words("limit.latent_response")
    elif of.choice.items:
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
