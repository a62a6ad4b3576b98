"""The same model through semopy, an independent engine, and how far the two agree."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import semopy

from mkb21sem.estimate.fit import Fit
from mkb21sem.linalg import Array
from mkb21sem.specify.layout import Layout
from mkb21sem.specify.parse import Arrow


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """What semopy found for the same model and rows.

    Attributes
    ----------
    estimates
        lhs op rhs est semopy difference; differences are in standard deviations of the variables concerned.
    chisq, chisq_semopy
        Test statistics of both.
    largest
        Largest absolute difference of the estimates; NaN where there is no second opinion.
    agrees
        Whether that stays below ``TOLERANCE``.
    reason
        Why there is no second opinion; empty where there is one.
    """

    estimates: pd.DataFrame
    chisq: float
    chisq_semopy: float
    largest: float
    agrees: bool
    version: str
    reason: str = ""


TOLERANCE = 1e-3
"""Largest difference, in standard deviations, that still counts as agreement: semopy gives 4 to 7 digits."""


def second_opinion(found: Fit) -> SecondOpinion:
    """Fit the model again by semopy and compare.

    Parameters
    ----------
    found
        A converged fit of one group to complete rows, by maximum likelihood: ML, or an estimator that differs
        from it in standard errors and test only, such as MLR. The tests compared are the unscaled ones.

    Notes
    -----
    semopy's minimiser is sensitive to the scale of the items, so it gets them with unit variance and tight
    tolerances; its estimates are brought back to the original scale. Every arrow is spelled out for it, since its
    defaults differ from lavaan's. Its degrees of freedom, indices and standard errors are not used.
    """
    reason = _inapplicable(found)
    if not reason:
        logging.disable(logging.WARNING)  # semopy remarks on standardised constructs through the root logger
        try:
            return _compare(found)
        except Exception as error:  # semopy raises bare exceptions of many kinds
            reason = f"semopy failed: {type(error).__name__}: {error}"
        finally:
            logging.disable(logging.NOTSET)
    empty = pd.DataFrame(columns=["lhs", "op", "rhs", "est", "semopy", "difference"])
    return SecondOpinion(empty, found.test.chisq, float("nan"), float("nan"), False, semopy.__version__, reason)


def _inapplicable(found: Fit) -> str:
    if not found.converged:
        return "the fit itself did not converge"
    sample = found.moments
    if found.estimator.loss != "normal" or sample.weights or len(sample.groups) > 1 or not sample.rows:
        return "semopy is asked for maximum likelihood on the complete, unweighted rows of one group only"
    if sample.patterns:
        return "semopy is asked for complete rows only, and this fit uses incomplete ones as well"
    if any(o.name == "CONSTRAINT" for o in found.model.operations) or found.layout.meanstructure:
        return "semopy is not asked for models with constraints or intercepts"
    return ""


def _compare(found: Fit) -> SecondOpinion:
    where, sample = found.layout, found.moments
    sd = np.sqrt(np.diagonal(sample.cov[0]))
    if any(arrow.label for arrow in found.model.arrows):
        sd = np.full_like(sd, sd.mean())  # equal parameters stay equal only on one common scale
    scaled = pd.DataFrame((sample.rows[0] - sample.mean[0]) / sd, columns=list(sample.names))
    latent_sd = _latent_scale(where, sd)
    scale = dict(zip((*where.observed, *where.latent), (*sd, *latent_sd), strict=True))
    rename = {name: f"v{i}" for i, name in enumerate(scale)}
    doubled = _doubled(where)
    other = semopy.Model(_spell_out(found, scale, rename | doubled, [(rename[y], doubled[y]) for y in doubled]))
    for label in {arrow.label for arrow in found.model.arrows if arrow.op == "=~" and arrow.label}:
        # Where all loadings of a construct are labelled, semopy looks for a start value in an endless loop.
        other.parameters[label].start = 0.5
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome = other.fit(scaled.rename(columns=rename), options={"ftol": 1e-14, "maxiter": 2000})
        theirs = other.inspect()
    back = {short: name for name, short in (rename | doubled).items()}
    rows = [row for row in where.rows if row.free]
    values = {
        _key(back[lhs], op, back[rhs]): float(value)
        for lhs, op, rhs, value in theirs[["lval", "op", "rval", "Estimate"]].itertuples(index=False)
        if lhs in back and rhs in back
    }
    table = pd.DataFrame([_row(found, row.arrow, values, scale) for row in rows])
    largest = float(table["difference"].abs().max())
    # fun is the discrepancy F; semopy's own χ² would need its wrong degrees of freedom beside it.
    return SecondOpinion(
        table, found.test.chisq, sample.total * float(outcome.fun), largest, largest < TOLERANCE, semopy.__version__
    )


def _doubled(where: Layout) -> dict[str, str]:
    """Constructs that stand in for observed outcomes, each measured by its outcome without error.

    semopy has no covariance between the residual of an observed outcome and that of a construct.
    """
    indicators = {item for items in where.model.indicators.values() for item in items}
    outcomes = [y for y in where.model.endogenous if y in where.observed and y not in indicators]
    return {y: f"f{i}" for i, y in enumerate(outcomes)} if where.latent else {}


def _latent_scale(where: Layout, sd: Array) -> list[float]:
    """A construct gets the scale of its first indicator, so that a marker loading stays what it is."""
    scale = dict(zip(where.observed, sd, strict=True))
    pending = list(where.latent)
    while pending:
        for construct in [f for f in pending if where.model.indicators[f][0] in scale]:
            scale[construct] = scale[where.model.indicators[construct][0]]
            pending.remove(construct)
    return [float(scale[f]) for f in where.latent]


def _key(lhs: str, op: str, rhs: str) -> tuple[str, str, str]:
    # semopy prints a loading as a regression of the item.
    if op == "~~":
        lhs, rhs = sorted((lhs, rhs))
    return lhs, rhs, op


def _factor(arrow: Arrow, scale: dict[str, float]) -> float:
    """By what a coefficient between unit-variance variables is multiplied to be on the original scale."""
    if arrow.op == "~~":
        return scale[arrow.lhs] * scale[arrow.rhs]
    return scale[arrow.head] / scale[arrow.tail]


def _row(
    found: Fit, arrow: Arrow, values: dict[tuple[str, str, str], float], scale: dict[str, float]
) -> dict[str, object]:
    key = _key(arrow.lhs, "~~", arrow.rhs) if arrow.op == "~~" else _key(arrow.head, "~", arrow.tail)
    place = [row.arrow.cell for row in found.layout.rows].index(arrow.cell)
    est, factor = float(found.cells[0, place]), _factor(arrow, scale)
    theirs = values[key] * factor
    return {
        "lhs": arrow.lhs,
        "op": arrow.op,
        "rhs": arrow.rhs,
        "est": est,
        "semopy": theirs,
        "difference": (theirs - est) / factor,
    }


def _spell_out(found: Fit, scale: dict[str, float], rename: dict[str, str], doubled: list[tuple[str, str]]) -> str:
    """Every arrow of the layout as a semopy line, fixed values rescaled."""
    lines = [line for item, construct in doubled for line in (f"{construct} =~ 1.0*{item}", f"{item} ~~ 0.0*{item}")]
    for row in found.layout.rows:
        arrow = row.arrow
        if row.sample:
            continue
        modifier = f"{arrow.label}*" if arrow.label else ""
        if arrow.value is not None:
            modifier = f"{float(arrow.value / _factor(arrow, scale))!r}*"
        lines.append(f"{rename[arrow.lhs]} {arrow.op} {modifier}{rename[arrow.rhs]}")
    return "\n".join(lines)
