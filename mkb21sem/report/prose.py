"""The report's sentences: words of one language with the numbers of one analysis filled in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import norm

from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.globalfit.indices import most_robust
from mkb21sem.infer.judging.verdicts import Verdict
from mkb21sem.report import numbers
from mkb21sem.report.documents.parts import Num, Paragraph, joined, say
from mkb21sem.report.words import Words

if TYPE_CHECKING:
    from mkb21sem.report.study import Study


def summary(of: Study, words: Words) -> Iterator[Paragraph]:
    """Who answered and how well the model fits."""
    n, used = of.wave.n, of.found.moments.total
    key = "summary.sample_all" if used == n else "summary.sample_any" if partial(of) else "summary.sample"
    yield say(words, key, wave=of.wave.name, n=Num(n, "count"), used=Num(used, "count"))
    if of.found.converged:
        tested = of.found.test.df > 0
        yield say(words, "summary.fit", _fit(of, words)) if tested else say(words, "summary.saturated")


def _fit(of: Study, words: Words) -> dict[str, object]:
    """The scaled test and the robust indices where they exist: those that the estimator stands for."""
    values = of.indices
    ending = ".scaled" if of.found.scaled is not None and math.isfinite(values["chisq.scaled"]) else ""
    best = most_robust(values)
    show = {name: Num(values[name + best], "bounded3") for name in ("cfi", "tli", "rmsea")}
    low, high = values[f"rmsea.ci.lower{best}"], values[f"rmsea.ci.upper{best}"]
    df = values[f"df{ending}"]
    return show | {
        "df": whole(df),
        "chisq": Num(values[f"chisq{ending}"], "number2"),
        "p": Num(values[f"pvalue{ending}"], "equals_p"),
        "ci": Num(low, "interval bounded3", high),
        "kind": words.plain("summary.scaled" if ending else "summary.unscaled", name=of.found.estimator.name),
        "robust": f" {words.plain(f'summary.indices{best}')}" if best else "",
        "srmr": Num(values["srmr"], "bounded3"),
    }


def whole(df: float) -> Num:
    """Degrees of freedom: broken ones, of an adjusted test, with two places."""
    return Num(df, "count" if float(df).is_integer() else "number2")


def survey(of: Study, words: Words) -> Iterator[Paragraph]:
    """Where the answers come from, and how they split by use."""
    wave = of.wave
    sha = f"{wave.sha256[:16]}…" if wave.sha256 else numbers.ABSENT
    if wave.synthetic:
        yield say(words, "survey.drawn", sha=sha)
    else:
        yield say(words, "survey.source", source=Path(wave.source).name if wave.source else wave.name, sha=sha)
    if not wave.codebook.battery("GEB"):
        yield say(words, "survey.size", n=Num(wave.n, "count"))
        yield say(words, "survey.routing")
        return
    use = wave.derived()["USER"]
    users, nonusers = int((use == 1).sum()), int((use == 0).sum())
    yield say(
        words,
        "survey.people",
        n=Num(wave.n, "count"),
        users=Num(users, "count"),
        nonusers=Num(nonusers, "count"),
    )
    if users + nonusers < wave.n:
        yield say(words, "survey.unknown", unknown=Num(wave.n - users - nonusers, "count"))
    yield say(words, "survey.routing")


def published(of: Study, words: Words, facts: dict[str, str]) -> Paragraph:
    """How many of the published figures this wave has, and what that tells."""
    then = say(words, "describe.published_synthetic" if of.wave.synthetic else "describe.published_other")
    return joined(say(words, "describe.published", facts), then)


def specify(of: Study, words: Words) -> Iterator[Paragraph]:
    """The model's title, source, size, scale and identification."""
    model, where = of.model, of.found.layout
    yield say(words, "specify.title", title=model.title or model.name, name=model.name)
    if model.source:
        yield say(words, "specify.source", source=model.source)
    yield say(
        words,
        "specify.size",
        latents=len(model.latents),
        observed=len(model.observed),
        moments=Num(where.moments, "count"),
        free=Num(where.k, "count"),
        df=Num(where.df, "count"),
    )
    if model.latents:
        determined = of.found.converged and bool(np.isfinite(of.found.vcov).all())
        yield say(words, "specify.scale" if determined else "specify.scale_only")
    if where.exogenous:
        yield say(words, "specify.fixed_x", names=words.listed(where.exogenous))


def estimate(of: Study, words: Words) -> Iterator[Paragraph]:
    """The estimator and why, the rows that count, what χ² is, and whether the solution is proper."""
    found = of.found
    name = found.estimator.name
    yield say(words, "estimate.method", name=name, how=words.plain(f"estimator.{name}"), steps=found.iterations)
    yield why(of, words)
    yield joined(_rows(of, words), say(words, f"missing.{_handling(of)}"))
    yield errors(found, words)
    yield say(words, "estimate.ordinal" if found.layout.thresholds else "estimate.continuous")
    for remark in found.moments.remarks:
        yield say(words, "estimate.remark", remark=remark)
    if not found.converged:
        return
    where = improper(of)
    yield say(words, "estimate.improper", where=", ".join(where)) if where else say(words, "estimate.admissible")
    if found.cause:
        yield say(words, "estimate.undetermined", cause=found.cause)


def errors(found: Fit, words: Words) -> Paragraph:
    """Where standard errors come from, and what was done to χ²."""
    observed = bool(found.moments.patterns) and found.estimator.vcov == "expected"
    kind = "observed" if observed else found.estimator.vcov
    return joined(say(words, f"vcov.{kind}"), say(words, f"test.{found.estimator.test}"))


def why(of: Study, words: Words) -> Paragraph:
    """The reason of the choice, with the figures that it rests on."""
    choice = of.choice
    return say(
        words,
        f"choice.{choice.reason}",
        name=choice.estimator,
        other=choice.alternative,
        items=Num(len(choice.items), "count"),
        categories=Num(choice.categories, "count"),
        fewest=choice.fewest,
        skewness=Num(choice.skewness, "secret" if math.isnan(choice.skewness) else "number2"),
        skewest=choice.skewest,
    )


def _rows(of: Study, words: Words) -> Paragraph:
    found = of.found
    used = found.moments.total
    lost = sum(count for _, count in found.moments.left_out)
    some = partial(of)
    return say(
        words,
        "estimate.rows_any" if some else "estimate.rows",
        used=Num(used, "count"),
        not_asked=Num(of.wave.n - used - lost, "count"),
        lost=Num(lost, "count"),
        partial=Num(some, "count"),
    )


def _handling(of: Study) -> str:
    """How missing answers were treated; none if there were none."""
    return of.choice.missing if of.choice.incomplete else "none"


def partial(of: Study) -> int:
    """Rows that count though an answer is missing."""
    return sum(int(np.isnan(rows).any(axis=1).sum()) for rows in of.found.moments.rows)


def beside(of: Study, words: Words, used: Num | None = None) -> Iterator[Paragraph]:
    """What the other estimator makes of it, and whether a verdict would change.

    ``used`` is its number of respondents, where that is shown in another way.
    """
    other = of.beside
    if other.found is None:
        if other.estimator:
            yield say(words, "beside.none", other=other.estimator, reason=other.reason)
        return
    name = other.found.estimator.name
    test = other.found.scaled or other.found.test
    yield say(
        words,
        "beside.fit",
        one=of.found.estimator.name,
        other=name,
        df=whole(test.df),
        chisq=Num(test.chisq, "number2"),
        p=Num(test.pvalue, "equals_p"),
        used=used or Num(other.found.moments.total, "count"),
    )
    if not of.judged:
        return
    turned = other.changed(of.judged)
    said = [f"{a.hypothesis.id} ({_verdict(a, words)} → {_verdict(b, words)})" for a, b in turned]
    if said:
        yield say(words, "beside.changed", other=name, ids=words.listed(said))
    else:
        yield say(words, "beside.same", other=name)


def _verdict(verdict: Verdict, words: Words) -> str:
    return words.plain(f"verdict.{verdict.verdict}")


def improper(of: Study) -> list[str]:
    """Negative variances and standardised covariances beyond 1, as the table of estimates names them."""
    table = of.found.table()
    table = table[table["op"] == "~~"]
    own = table["lhs"] == table["rhs"]
    wrong = table[(own & (table["est"] < 0)) | (~own & (table["std"].abs() > 1))]
    return [f"{row.lhs} ~~ {row.rhs}" for row in wrong.itertuples()]


def opinion(of: Study, words: Words) -> Paragraph | None:
    """How far semopy agrees."""
    second, lang = of.opinion, words.lang
    if not of.found.converged:
        return None
    if second.reason:
        return say(words, "estimate.no_opinion", version=second.version, reason=second.reason)
    return say(
        words,
        "estimate.opinion",
        version=second.version,
        theirs=Num(second.chisq_semopy, "number2"),
        ours=Num(second.chisq, "number2"),
        largest=_upward(second.largest, lang),
        agree=words("estimate.agree" if second.agrees else "estimate.disagree"),
    )


def _upward(x: float, lang: str) -> str:
    """The power of ten above a small difference, so that "no more than" stays true."""
    return numbers.bounded(10.0 ** math.ceil(math.log10(x)), max(0, -math.ceil(math.log10(x))), lang) if x else "0"


def limits(of: Study, words: Words) -> Iterator[Paragraph]:
    """What the analysis can't show; each limit only where it applies."""
    model, used = of.model, of.found.moments.total
    used_text = Num(used, "count")
    if of.wave.synthetic:
        yield say(words, "limit.synthetic")
    other = "" if of.wave.codebook.battery("GEB") else "_other"
    yield say(words, f"limit.selection{other}")
    yield say(words, f"limit.source{other}")
    if model.endogenous:
        yield say(words, "limit.cross_section")
    if used + sum(count for _, count in of.found.moments.left_out) < of.wave.n:
        yield say(words, "limit.users", used=used_text)
    ours = dict.fromkeys(a.lhs for a in model.arrows if a.op == "=~" and a.evidence == "reconstruction")
    if ours:
        yield say(words, "limit.constructs", names=words.listed(words.short(name) for name in ours))
    claims = [v.hypothesis for v in of.judged if v.verdict != "not testable"]
    reconstructed = [claim.id for claim in claims if claim.evidence == "reconstruction"]
    if reconstructed:
        yield say(words, "limit.arrows", ids=words.listed(reconstructed))
    lost = "MKB21" in f"{model.name.upper()} {model.source}"
    if lost and any(claim.evidence and claim.sign for claim in claims):
        yield say(words, "limit.signs")
    if of.found.layout.thresholds:
        yield say(words, "limit.latent_response")
    elif of.choice.items:
        yield say(words, "limit.ordinal")
    sizes = detectable(of)
    if len(sizes):
        low, high = (Num(size, "bounded2") for size in (sizes.min(), sizes.max()))
        yield say(words, "limit.power", used=used_text, low=low, high=high)
    yield say(words, "limit.equivalent")


def detectable(of: Study, alpha: float = 0.05, power: float = 0.80) -> pd.Series[float]:
    """Standardised size at which a path's two-sided z test has the given power: (z_{α/2} + z_{1−power}) · SE_std.

    The standard error is the one of this fit, brought to the standardised scale by std / est.
    """
    table = of.found.table()
    table = table[(table["op"] == "~") & table["se"].notna() & (table["est"] != 0)]
    factor = float(norm.isf(alpha / 2) + norm.isf(1 - power))
    sizes: pd.Series[float] = (factor * table["se"] * table["std"] / table["est"]).abs()
    return sizes
