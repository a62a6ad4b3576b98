"""What a spec leaves unsaid: the arrows and fixed values that lavaan's ``sem()`` would add.

Markers (first loading 1), variances, covariances among exogenous constructs and among the residuals of
terminal endogenous variables, the residual of a single indicator fixed at 0, observed exogenous variables
fixed at their sample moments, intercepts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from types import MappingProxyType

from mkb21sem.specify.model import INTERCEPT, Model
from mkb21sem.specify.parse import Arrow


def complete(
    model: Model,
    *,
    std_lv: bool = False,
    fixed_x: bool = True,
    meanstructure: bool = False,
    thresholds: Mapping[str, int] = MappingProxyType({}),
    parameterization: str = "delta",
) -> tuple[tuple[Arrow, ...], tuple[str, ...]]:
    """All arrows of the model in lavaan's order of kinds, and the exogenous variables held at sample moments.

    Parameters
    ----------
    model
        What the spec says.
    std_lv
        Scale constructs by variance 1 in place of a loading of 1.
    fixed_x
        Hold the moments of observed exogenous variables at the sample's.
    meanstructure
        Add intercepts of all observed variables (latent means stay 0).
    thresholds
        Number of thresholds of each ordinal item: they are added, its intercept is 0, and its residual variance is
        1 (theta) or what its scale 1 leaves of the explained variance (delta).
    parameterization
        delta or theta.

    Returns
    -------
    arrows
        Stated ones first (with the marker fixed), added ones after them with ``line=0``.
    exogenous
        Names of the variables whose variances, covariances and means are taken from the sample.
    """
    exogenous = model.exogenous if fixed_x else ()
    arrows = list(_scaled(model, std_lv))
    stated = {arrow.cell for arrow in arrows}
    ordinal = _ordinal(model, thresholds, parameterization)
    for arrow in (*ordinal, *_added(model, std_lv, meanstructure)):
        if arrow.cell not in stated:
            stated.add(arrow.cell)
            arrows.append(arrow)
    return tuple(arrows), exogenous


def _scaled(model: Model, std_lv: bool) -> Iterator[Arrow]:
    """The stated arrows; the first loading of each construct is 1 unless the spec says otherwise."""
    begun: set[str] = set()
    for arrow in model.arrows:
        first = arrow.op == "=~" and arrow.lhs not in begun
        if first:
            begun.add(arrow.lhs)
        untouched = arrow.value is None and not arrow.label and not arrow.freed
        yield replace(arrow, value=1.0) if first and untouched and not std_lv else arrow


def _added(model: Model, std_lv: bool, meanstructure: bool) -> Iterator[Arrow]:
    alone = _single_indicators(model)
    for name in model.observed:
        yield Arrow(name, "~~", name, value=0.0 if name in alone else None)
    outcomes = set(model.endogenous) | {a.rhs for a in model.arrows if a.op == "=~"}
    for name in model.latents:
        yield Arrow(name, "~~", name, value=0.0 if name in alone else 1.0 if std_lv else None)
    sources = [name for name in model.latents if name not in outcomes]
    for group in (sources, _terminal(model), model.exogenous):
        for one, other in combinations(group, 2):
            yield Arrow(one, "~~", other)
    if meanstructure:
        for name in model.observed:
            yield Arrow(name, "~", INTERCEPT)
        for name in model.latents:
            yield Arrow(name, "~", INTERCEPT, value=0.0)


def _ordinal(model: Model, thresholds: Mapping[str, int], parameterization: str) -> Iterator[Arrow]:
    explained = {a.head for a in model.arrows if a.heads == 1}
    for name, count in thresholds.items():
        for k in range(1, count + 1):
            yield Arrow(name, "|", f"t{k}")
        # Nothing explains an exogenous item: its residual is its total, and both scalings are one.
        if parameterization == "delta" and name in explained:
            yield Arrow(name, "~*~", name, value=1.0)
        else:
            yield Arrow(name, "~~", name, value=1.0)
        yield Arrow(name, "~", INTERCEPT, value=0.0)


def _single_indicators(model: Model) -> set[str]:
    """Items, or constructs, that alone measure a construct: their residual can't be told from it, so it is 0."""
    return {items[0] for items in model.indicators.values() if len(items) == 1}


def _terminal(model: Model) -> list[str]:
    """Endogenous variables that neither predict nor indicate anything: their residuals covary."""
    predictors = {a.rhs for a in model.arrows if a.op == "~"}
    measured = {a.rhs for a in model.arrows if a.op == "=~"}
    ordered = [n for n in model.latents if n in model.endogenous]
    ordered += [n for n in model.observed if n in model.endogenous]
    return [n for n in ordered if n not in predictors and n not in measured]
