"""An analysis as one document of numbers and words, which is all that the manuscript reads."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.publication.checklist import items as checklist_items
from mkb21sem.report.results import plain, software
from mkb21sem.report.words import Words
from mkb21sem.survey.printed import figures
from paper import results, sample
from paper.leaves import LANG, leaf


def gather(of: Analysis, own_words: bool) -> dict[str, Any]:
    """Everything that the manuscript prints.

    Parameters
    ----------
    of
        The analysis.
    own_words
        Whether what only authors can say was said of this wave, and not of the one that is shipped.
    """
    words = Words(LANG, of.wave.codebook.label)
    sampling = of.inference.sampling
    always: dict[str, Any] = {
        "wave": sample.wave(of),
        "software": software(),
        "declared": asdict(of.declaration),
        "own_words": own_words or of.wave.synthetic,
        "claimed": of.claimed,
        "plan": _plan(of),
        "choice": _choice(of, words),
        "model": results.model(of),
        "converged": of.found.converged,
        "cause": of.found.cause,
        "absent": dict(of.absent),
        "nouns": _nouns(of, words),
        "intervals": {"kind": sampling.intervals, "draws": leaf(sampling.draws, "count")},
        "registered": [_registered(h, words) for h in of.inference.hypotheses],
        "level": leaf(1 - max((h.alpha for h in of.inference.hypotheses), default=0.05), "percent"),
        "published": _published(),
        "alpha": leaf(max((h.alpha for h in of.inference.hypotheses), default=None)),
        "families": {
            family: leaf(sum(h.family == family for h in of.inference.hypotheses), "count")
            for family in ("primary", "secondary")
        },
        "rationale": next((h.rationale for h in of.inference.hypotheses if len(h.nodes) == 2), ""),
        "sesoi": _sesoi(of),
        "firms": sample.firms(of.wave),
        "missing": sample.missing(of),
        "items": sample.items(of, words),
        "checklist": [
            {"number": item.number, "needs": list(item.needs), "wording": item.wording[LANG]}
            for item in checklist_items()
        ],
    }
    return dict(plain(always | (_found(of, words) if of.found.converged else {})))


def _found(of: Analysis, words: Words) -> dict[str, Any]:
    """What can be said only of an estimation that converged."""
    return {
        "scores": sample.scores(of, words),
        "reliability": sample.reliability(of, words),
        "discriminant": sample.discriminant(of, words),
        "method": sample.method(of),
        "moments": sample.moments(of),
        "fit": results.fit(of),
        "certificate": results.certificate(of),
        "second": results.second(of),
        "hypotheses": results.hypotheses(of, words),
        "counts": results.counts(of.inference.judged),
        "power": results.power(of),
        "r2": results.explained(of, words),
        "effects": results.effects(of, words),
        "zeros": results.zeros(of, words),
        "rivals": results.rivals(of),
        "equivalent": results.equivalent(of),
        "local": results.local(of, words),
        "robustness": results.robustness(of, words),
        "beside": results.beside(of),
        "groups": results.groups(of, words),
        "parameters": results.parameters(of.found, words),
    }


def _published() -> dict[str, str]:
    """Figures that the whitepaper prints, in English notation."""
    found = {f"{each.no}{each.part}": each.printed for each in figures() if each.printed[:1].isdigit()}
    return {number: text.replace(",", ".").replace("-", " and ") for number, text in found.items()}


def _registered(claim: Any, words: Words) -> dict[str, Any]:
    return {
        "id": claim.id,
        "nodes": list(claim.nodes),
        "labels": [words.short(name) for name in claim.nodes],
        "sign": claim.sign,
        "family": claim.family,
        "evidence": claim.evidence,
        "theory": claim.theory,
        "sesoi": leaf(claim.sesoi),
    }


def _sesoi(of: Analysis) -> dict[str, Any]:
    """Smallest effect sizes of interest of single arrows and of longer paths."""
    single = {h.sesoi for h in of.inference.hypotheses if len(h.nodes) == 2}
    longer = {h.sesoi for h in of.inference.hypotheses if len(h.nodes) > 2}
    return {
        "single": [leaf(size) for size in sorted(single)],
        "longer": [leaf(size) for size in sorted(longer)],
        "explained": [leaf(size**2, "percent") for size in sorted(single)],
    }


def _plan(of: Analysis) -> dict[str, Any]:
    plan = of.study.plan
    if plan is None:
        return {"frozen": "", "seal": "", "deviations": []}
    told = [{"what": each.what, "planned": each.planned, "done": each.done} for each in of.study.deviations]
    return {"frozen": plan.frozen, "seal": plan.seal[:16], "deviations": told}


def _choice(of: Analysis, words: Words) -> dict[str, Any]:
    choice = of.inference.choice
    return {
        "estimator": choice.estimator,
        "missing": choice.missing,
        "reason": choice.reason,
        "fewest": choice.fewest,
        "categories": leaf(choice.categories, "count"),
        "skewest": choice.skewest,
        "skewness": leaf(choice.skewness, "number2"),
        "incomplete": leaf(choice.incomplete, "count"),
        "alternative": choice.alternative,
    }


def _nouns(of: Analysis, words: Words) -> dict[str, str]:
    """Variables as they stand in a sentence."""
    names = {*of.model.latents, *of.model.observed}
    return {name: words.short(name) for name in sorted(names)}
