"""How the parameters were estimated: programs, estimator, settings, and what was reached (items 21 to 24)."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from mkb21sem.estimate import scoring
from mkb21sem.estimate.choice import AUTO
from mkb21sem.infer.certificates.check import Check
from mkb21sem.infer.globalfit.indices import most_robust
from mkb21sem.report import numbers, prose, tables
from mkb21sem.report.documents.parts import Block, Listing, Num, Paragraph, Section, Tabled, joined, say
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.publication.said import shown
from mkb21sem.report.publication.unanswered import rows_shown
from mkb21sem.report.results import software
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
ADMISSIBLE = ("variances", "correlations", "constructs", "residuals", "items", "answers")
"""Checks of the certificate that are about what the estimates can be."""

FIGURES = {
    "steps": "count",
    "moments": "count",
    "parameters": "count",
    "df": "count",
    "rank": "count",
    "k": "count",
    "same": "count",
    "starts": "count",
    "higher": "count",
    "smallest": "number3",
}
"""Form of a check's figures in print; those that are not here are shown as the power of ten above them."""

PLACE = re.compile(r"<(\w+)>")
OPEN = {place: f"<{place}>" for place in ("name", "distance", "limit", "largest", *FIGURES)}
"""How a text is read with its places to fill left open, and these are found again."""


def section(of: Analysis, words: Words) -> Section:
    """What was done to come from the answers to the estimates."""
    parts = (
        Section("estimator", words("back.estimator"), tuple(_estimator(of, words))),
        Section("settings", words("back.settings"), tuple(_settings(of, words))),
        Section("convergence", words("back.convergence"), tuple(_convergence(of, words))),
        Section("software", words("back.software"), tuple(_software(of, words))),
    )
    return Section("estimation", words("back.estimation"), (), parts)


def _software(of: Analysis, words: Words) -> Iterator[Block]:
    """Programs and versions, and the second program's opinion: item 21."""
    yield say(words, "back.software.said")
    yield Tabled(tables.software(software()), shows=("21.software",))
    opinion = prose.opinion(of.study, words)
    if opinion is not None:
        yield opinion


def _estimator(of: Analysis, words: Words) -> Iterator[Block]:
    """The estimator and why, standard errors, the test, what feeds the indices, the other estimator: item 22."""
    found = of.found
    name = found.estimator.name
    how = words.plain(f"estimator.{name}")
    yield joined(
        say(words, "back.method", name=name, how=how, n=Num(found.moments.total, "count"), shows=("22.estimator",)),
        prose.why(of.study, words),
        say(words, "estimate.ordinal" if found.layout.thresholds else "estimate.continuous"),
    )
    errors = prose.errors(found, words)
    yield joined(Paragraph(errors.text, errors.numbers, shows=("22.errors",)), _feeds(of, words))
    other = of.study.beside.found
    used = None if other is None else shown(rows_shown(of, other.moments.total), "count")
    beside = tuple(prose.beside(of.study, words, used))
    if beside:
        yield joined(*beside)
    if other is not None and of.model.endogenous:
        yield Tabled(tables.beside(found, other, words))


def _feeds(of: Analysis, words: Words) -> Paragraph | None:
    """Which χ² CFI, TLI and RMSEA rest on."""
    if not of.found.converged or of.found.test.df == 0:
        return None
    version = most_robust(of.study.indices)
    least = of.found.estimator.loss != "normal"
    return joined(
        say(words, f"back.feeds{version or '.plain'}"), say(words, "back.divisor.least" if least else "back.divisor")
    )


def _settings(of: Analysis, words: Words) -> Iterator[Block]:
    """Everything that could have been set otherwise, and whether it was: item 23."""
    yield say(words, "back.settings.said" if _untouched(of) else "back.settings.changed")
    yield Tabled(settings(of, words), shows=("23.settings",))


def _untouched(of: Analysis) -> bool:
    return of.asked.estimator == AUTO and of.asked.missing == AUTO and not of.model.operations


def settings(of: Analysis, words: Words) -> Table:
    """Every setting, its value, and whether it is the program's default."""
    where, found = of.found.layout, of.found
    minimiser = inspect.signature(scoring.minimise).parameters
    tolerance, most = (float(minimiser[name].default) for name in ("tolerance", "max_iterations"))
    bounded = int((np.isfinite(where.lower) | np.isfinite(where.upper)).sum())
    begun = int((~np.isnan(where.start)).sum())
    yes, no = words.plain("back.yes"), words.plain("back.no")
    constrained = sum(o.name == "CONSTRAINT" for o in of.model.operations)
    lines = [
        ("estimator", found.estimator.name, of.asked.estimator == AUTO),
        ("missing", of.study.choice.missing, of.asked.missing == AUTO),
        ("minimiser", words.plain("back.minimiser"), True),
        ("iterations", numbers.count(found.iterations, words.lang), True),
        ("most", numbers.count(most, words.lang), True),
        ("tolerance", scientific(tolerance), True),
        ("starts", words.plain("back.starts", n=begun) if begun else words.plain("back.starts.none"), not begun),
        ("bounds", numbers.count(bounded, words.lang), not bounded),
        ("constraints", numbers.count(constrained, words.lang), not constrained),
        ("scale", words.plain("back.scale" if where.latent else "back.scale.none"), True),
        ("fixed_x", yes if where.exogenous else no, True),
        ("means", yes if where.meanstructure else no, True),
    ]
    if where.thresholds:
        lines.append(("parameterization", where.parameterization, True))
    frame = pd.DataFrame(lines, columns=["setting", "value", "default"])
    frame["default"] = ["yes" if default else "no" for default in frame["default"]]
    frame.insert(1, "named", [words.plain(f"setting.{name}") for name in frame["setting"]])
    columns = (Column("setting", of=("named",)), Column("setting_value", of=("value",)), Column("default", "word"))
    return Table("settings", frame, columns)


def scientific(x: float) -> str:
    """A small number as a power of ten: 10⁻¹⁶; with a factor before it where it is not one."""
    power = math.floor(math.log10(x) + 1e-9)
    factor = x / 10.0**power
    before = "" if math.isclose(factor, 1.0, rel_tol=1e-6) else f"{factor:.1f} × "
    return f"{before}10{str(power).translate(SUPERSCRIPT)}"


def _convergence(of: Analysis, words: Words) -> Iterator[Block]:
    """Whether there is a minimum, and whether the estimates can be what they claim to be: item 24."""
    if not of.found.converged:
        yield say(words, "not_converged", look="warning", shows=("24.convergence",))
        yield say(words, "cause", cause=of.found.cause, look="warning")
        return
    yield say(words, "back.converged", n=Num(of.found.iterations, "count"), shows=("24.convergence",))
    if of.found.cause:
        yield say(words, "estimate.undetermined", cause=of.found.cause, look="warning")
    if of.certificate is None:
        return
    checks = of.certificate.checks
    failed = [words.plain(f"back.check.{each.name}") for each in checks if each.ok is False]
    told = say(words, "back.certificate.failed", names=words.listed(failed)) if failed else None
    yield joined(say(words, "back.certificate"), told or say(words, "back.certificate.passed"))
    technical = tuple(each for each in checks if each.name not in ADMISSIBLE)
    proper = tuple(each for each in checks if each.name in ADMISSIBLE)
    yield Listing(tuple(checked(each, words) for each in technical))
    if proper:
        key = "back.inadmissible" if any(each.ok is False for each in proper) else "estimate.admissible"
        yield joined(say(words, key), say(words, "back.proper"))
        yield Listing(tuple(checked(each, words) for each in proper), shows=("24.admissibility",))


def checked(of: Check, words: Words) -> Paragraph:
    """One check: what was looked at, what was found, and what may help where it is not as it should be."""
    name, key = words.plain(f"back.check.{of.name}"), f"back.found.{of.name}"
    places = set(PLACE.findall(words.plain(key, **OPEN))) - {"name"} if of.ok and words.has(key) else {""}
    if places <= set(of.figures):
        facts = {
            each: Num(of.figures[each], FIGURES[each]) if each in FIGURES else scientific(above(of.figures[each]))
            for each in of.figures
            if each in places
        }
        return say(words, key, facts, name=name)
    state = "none" if of.ok is None else "ok" if of.ok else "failed"
    return joined(
        say(words, f"back.check.is.{state}", name=name, finding=of.finding),
        say(words, "back.check.remedy", remedy=of.remedy) if of.remedy and of.ok is False else None,
    )


def above(x: float) -> float:
    """The power of ten above a number, so that "at most" stays true."""
    return float(10.0 ** math.ceil(math.log10(x))) if x > 0 else 1e-16
