"""The disclosure report: what the twin is worth and what it gives away, in plain sentences, as one page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mkb21sem.report import numbers, outputs, provenance, results
from mkb21sem.report.pages import folder, numbered, rendered
from mkb21sem.report.twin import tables
from mkb21sem.report.twin.disclosure import Disclosure
from mkb21sem.report.words import Words

PAGE = "disclosure.html"
USEFUL = 3.0
"""pMSE ratio up to which a twin is usually called good."""
SECTIONS = ("short", "made", "utility", "risk", "limits")


def save(of: Disclosure, words: Words, out: Path, digest: str, asked: Mapping[str, Any] | None = None) -> None:
    """Write page, tables and results into a folder that appears whole or not at all.

    Parameters
    ----------
    of
        The twin beside its wave.
    words
        The language.
    out
        The folder.
    digest
        SHA-256 of the twin's file.
    asked
        Command and options.

    Raises
    ------
    OptionError
        The folder can't be written, or holds files of someone else.
    """
    made, told = tables.every(of, words), content(of, digest, asked)
    filed = {name.removeprefix("twin_"): table for name, table in made.items()}
    folder.save(out, (PAGE, page(of, words, told)), filed, (), told, words.lang)


def page(of: Disclosure, words: Words, told: Mapping[str, Any]) -> str:
    """The page as HTML that needs nothing from elsewhere; `told` is what results.json says."""
    made = tables.every(of, words)
    shown = {table.name: numbered(table, at, words) for at, table in enumerate(made.values(), start=1)}
    filled = {
        "provenance": list(provenance.lines(told, words)),
        "title": of.twin.name,
        "wave": of.wave.name,
        "synthetic": of.wave.synthetic,
        "sections": SECTIONS,
        "tables": shown,
        "short": list(short(of, words)),
        "made": list(how(of, words)),
        "useful": list(useful(of, words)),
        "risky": list(risky(of, words)),
        "limits": [
            words(f"twin.limit.{name}") for name in ("dp", "owner", "small", "copula", "missing", "open", "seed")
        ],
        "files": [(name, words.plain(f"twin.file.{key}")) for name, key in FILES],
    }
    return rendered("twin.html", filled, words)


FILES = ((PAGE, "page"), ("tables/*.csv", "tables"), (outputs.RESULTS, "results"))


def short(of: Disclosure, words: Words) -> Iterator[Markup]:
    """Whether it is of use and whether it gives someone away, in three sentences."""
    n = {"n": numbers.count(of.twin.n, words.lang), "wave": of.wave.name}
    yield words("twin.short.what", **n)
    yield from list(useful(of, words))[-1:]
    found = of.risk
    above = found.copies > found.copies_decoys or found.closer > TOO_CLOSE
    yield words("twin.short.risk" if above else "twin.short.no_risk")
    yield words("twin.short.decide")


TOO_CLOSE = 0.10
"""Share of twin's rows nearer to a respondent than 95% of respondents are to each other, from which it is said; .05 is
what it would be if the twin's rows were respondents."""


def how(of: Disclosure, words: Words) -> Iterator[Markup]:
    """How the twin was made."""
    lang = words.lang
    yield words("twin.made.copula")
    for group in of.source.groups:
        n, p = numbers.count(group.n, lang), numbers.count(len(group.copula.names), lang)
        yield words(f"twin.made.{group.name}", n=n, questions=p)
    if of.source.threshold:
        count = numbers.count(len(of.source.noised), lang)
        yield words("twin.made.small", threshold=of.source.threshold, questions=count)
    else:
        yield words("twin.made.not_small")
    if of.source.left_out:
        yield words("twin.made.left_out", n=numbers.count(of.source.left_out, lang))
    yield words("twin.made.rules")


def useful(of: Disclosure, words: Words) -> Iterator[Markup]:
    """What the twin is worth."""
    lang, far, apart = words.lang, of.margins["distance"].dropna(), of.correlations["difference"].abs()
    most = numbers.number(100 * float(far.max()) if len(far) else math.nan, 1, lang)
    yield words("twin.useful.margins", questions=numbers.count(len(far), lang), most=most)
    mean, most = (numbers.bounded(float(x), 3, lang) for x in (apart.mean(), apart.max()))
    yield words("twin.useful.pairs", pairs=numbers.count(len(apart), lang), mean=mean, most=most)
    if of.propensity is not None:
        ratio = numbers.number(of.propensity.ratio, 2, lang)
        key = "good" if of.propensity.ratio <= USEFUL else "told_apart"
        yield words(f"twin.useful.{key}", ratio=ratio, questions=numbers.count(len(of.propensity.questions), lang))
    if not len(of.estimates):
        yield words("twin.useful.no_model", model=of.model.name, cause=of.cause)
        return
    shown = of.estimates[of.estimates["op"] == "~"] if (of.estimates["op"] == "~").any() else of.estimates
    yield words(
        "twin.useful.model",
        model=of.model.name,
        estimator=of.estimator,
        paths=numbers.count(len(shown), lang),
        mean=numbers.bounded(float(shown["difference"].abs().mean()), 2, lang),
        most=numbers.bounded(float(shown["difference"].abs().max()), 2, lang),
        overlap=numbers.percent(float(shown["overlap"].mean()), 0, lang),
    )


def risky(of: Disclosure, words: Words) -> Iterator[Markup]:
    """What the twin gives away."""
    lang, found = words.lang, of.risk
    key = "none" if not found.copies else "chance" if found.copies <= found.copies_decoys else "above"
    copies = numbers.count(found.copies, lang)
    yield words(f"twin.risk.copies.{key}", n=copies, decoys=numbers.count(found.copies_decoys, lang))
    key = "far" if found.closer <= TOO_CLOSE else "near"
    yield words(f"twin.risk.{key}", share=numbers.percent(found.closer, 1, lang))
    ratios = (numbers.bounded(x, 2, lang) for x in (found.ratio, found.ratio_respondents))
    yield words("twin.risk.ratio", twin=next(ratios), respondents=next(ratios))
    kept, chance = float(found.rare["kept"].sum()), float(found.rare["by_chance"].sum())
    rare = numbers.count(float(found.rare["rare"].sum()), lang)
    facts = {"rare": rare, "kept": numbers.count(kept, lang), "chance": numbers.count(round(chance), lang)}
    yield words("twin.risk.rare", **facts)
    if len(found.guessed):
        means = {
            name: numbers.percent(float(found.guessed[name].mean()), 1, lang) for name in ("twin", "wave", "chance")
        }
        yield words("twin.risk.guess", keys=words.listed(words.short(key) for key in found.keys), **means)
        sure = numbers.percent(found.certain, 1, lang)
        right = numbers.percent(found.certain_right, 0, lang)
        yield words("twin.risk.certain", share=sure, right=right, unmatched=numbers.percent(found.unmatched, 0, lang))
    yield words("twin.risk.small" if of.source.threshold else "twin.risk.small_kept", threshold=of.source.threshold)


def content(of: Disclosure, digest: str, asked: Mapping[str, Any] | None) -> dict[str, Any]:
    """What results.json says."""
    found, apart = of.risk, of.propensity
    told: dict[str, Any] = {
        "made_by": results.PROGRAM,
        "schema": results.SCHEMA,
        "kind": "disclosure",
        "software": results.software(),
        "data": provenance.source(of.wave),
        "twin": {"name": of.twin.name, "sha256": digest, "n": of.twin.n, "seed": of.seed},
        "threshold": of.source.threshold,
        "questions_noised": len(of.source.noised),
        "left_out": of.source.left_out,
        "utility": {
            "margins_most": of.margins["distance"].max(),
            "pairs_mean": of.correlations["difference"].abs().mean(),
            "pairs_most": of.correlations["difference"].abs().max(),
            "pmse_ratio": None if apart is None else apart.ratio,
            "overlap": of.estimates["overlap"].mean() if len(of.estimates) else None,
            "not_fitted": of.cause,
        },
        "risk": {
            name: getattr(found, name)
            for name in (
                *("copies", "copies_decoys", "closer", "ratio", "ratio_respondents", "unmatched"),
                *("certain", "certain_right", "keys"),
            )
        },
        "run": provenance.run(asked or provenance.unknown("synthesize"), of.model),
    }
    return dict(results.plain(told))
