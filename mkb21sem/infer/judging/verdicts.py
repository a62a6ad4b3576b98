"""From a fit and its hypotheses to verdicts.

Two questions are asked of each hypothesis, and their nulls can't both be true of one path:

    is there an effect?           H₀: β ≤ 0 (≥ 0, = 0 by the registered sign)    on the unstandardised path
    is it too small to matter?    H₀: |β| ≥ SESOI                                 TOST, on the standardised path

A true zero makes only the first null true, an effect of interest only the second, so that neither answer has to pay for
the other being asked: the two rejection regions of one path together keep α (the partitioning principle; Finner &
Strassburger 2002). Over several paths the p-values of either question are adjusted by themselves, within the primary
family (Holm: the chance of any false claim of that kind is at most α, however the estimates depend on each other) and
within the secondary one (Benjamini–Hochberg: the expected share of false ones among the claims of that kind is at most
α, if they are independent or depend on each other positively). "Opposite" is a two-sided test on the
unregistered side, adjusted likewise: of a true zero it is said at most half as often as "supported".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import pandas as pd

from mkb21sem.errors import OptionError
from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.effects.effectsize import contribution, model_covariance
from mkb21sem.infer.effects.pathway import Drawn, Draws, Pathway, drawn, pathway, places
from mkb21sem.infer.effects.standardization import standardization
from mkb21sem.infer.judging.equivalence import POWER, equivalence, minimum_detectable
from mkb21sem.infer.judging.multiplicity import adjusted
from mkb21sem.linalg import Array
from mkb21sem.parallel import one_thread
from mkb21sem.specify.hypothesis import EXPLORATORY, Hypothesis

NAN = float("nan")
VERDICTS = ("supported", "significant", "opposite", "practically zero", "undecided", "not testable")
OPPOSITE = "significant, against the registered sign"
NEGLIGIBLE = "different from zero, yet smaller than the smallest effect of interest"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the fit says of one hypothesis.

    Attributes
    ----------
    hypothesis
        The claim.
    est, se, z, p, low, high
        Estimate, standard error, z, two-sided p and interval (level 1 − alpha) of the path.
    p_test
        The p-value that "supported" rests on: one-sided where a sign was registered.
    p_adjusted
        ``p_test`` adjusted within the family: Holm for primary, Benjamini–Hochberg for secondary hypotheses.
    p_opposite
        Two-sided p adjusted within the family, that "opposite" rests on; NaN where no sign was registered.
    std, std_se, std_low, std_high
        Standardised estimate with standard error and interval.
    p_equivalence, p_equivalence_adjusted
        Of TOST against the hypothesis's SESOI, on the standardised scale; adjusted within the family.
    f2, delta_r2
        Cohen's f² and what the arrow adds to R²; NaN for a path of several arrows.
    detectable
        Smallest true standardised effect that this test would have found with 80% probability, unadjusted.
    as_expected
        Whether the estimate has the registered sign; None where none was registered.
    verdict
        One of `VERDICTS`.
    reason
        Why it is not testable or what to keep in mind; empty otherwise.
    """

    hypothesis: Hypothesis
    est: float = NAN
    se: float = NAN
    z: float = NAN
    p: float = NAN
    low: float = NAN
    high: float = NAN
    p_test: float = NAN
    p_adjusted: float = NAN
    p_opposite: float = NAN
    std: float = NAN
    std_se: float = NAN
    std_low: float = NAN
    std_high: float = NAN
    p_equivalence: float = NAN
    p_equivalence_adjusted: float = NAN
    f2: float = NAN
    delta_r2: float = NAN
    detectable: float = NAN
    as_expected: bool | None = None
    verdict: str = "not testable"
    reason: str = ""


def verdicts(
    found: Fit,
    hypotheses: Sequence[Hypothesis],
    alpha: float | None = None,
    draws: Draws | None = None,
    intervals: str = "bca",
) -> tuple[Verdict, ...]:
    """Judge each hypothesis: supported (or significant), opposite, practically zero, undecided or not testable.

    Parameters
    ----------
    found
        A fit of one group.
    hypotheses
        Read by ``Hypothesis.read``.
    alpha
        Level of the tests in place of every hypothesis's own; intervals have level 1 − alpha.
    draws
        From `bootstrap` or `monte_carlo`: standard errors, p-values and intervals are then those of the draws. None
        for the delta method.
    intervals
        What is made of the draws: percentile, bc or bca. A p-value is the level at which that interval would end at
        the limit that is tested.

    Returns
    -------
    tuple of Verdict
        In the order of the hypotheses.

    Raises
    ------
    OptionError
        alpha is not between 0 and 1, the fit has several groups, or the draws can't give such intervals.

    Notes
    -----
    *Supported*: the adjusted test of the path is significant, and the path is not shown to be smaller than the SESOI.
    *Significant*: the same of an exploratory path, of which nothing was predicted that could be supported.
    *Practically zero*: the adjusted equivalence test is significant, also where the path differs from zero.
    *Opposite*: significant on the side that was not registered. *Undecided* is none of these and never means "no
    effect": ``detectable`` says what the sample could have shown. What could not be tested counts in no family.
    Adjusted p-values are compared with each hypothesis's own alpha; a family is held at the largest of its alphas.
    """
    if alpha is not None and not 0 < alpha < 1:
        raise OptionError(f"alpha must lie between 0 and 1; got {alpha}.")
    if len(found.moments.groups) > 1:
        raise OptionError("verdicts are given for one group; fit each group by itself.")
    claims = [claim if alpha is None else replace(claim, alpha=alpha) for claim in hypotheses]
    if not found.converged:
        return tuple(Verdict(claim, reason=f"the model did not converge: {found.cause}") for claim in claims)
    with one_thread():
        made = _Made(
            standardization(found.layout, found.cells),
            cov := model_covariance(found),
            dict(zip(found.layout.variables, cov.diagonal(), strict=True)),
            None if draws is None else drawn(found, draws, intervals),
        )
        measured = [_measure(found, claim, made) for claim in claims]
    return tuple(map(_judge, _adjusted(measured)))


def verdict_table(judged: Sequence[Verdict]) -> pd.DataFrame:
    """The verdicts as a frame, one row a hypothesis, with its path, sign, family, SESOI and evidence."""
    rows = []
    for verdict in judged:
        row = asdict(verdict)
        claim = row.pop("hypothesis")
        keys = ("id", "arrow", "source", "outcome", "sign", "family", "evidence", "sesoi", "alpha")
        rows.append({**{key: claim[key] for key in keys}, "path": verdict.hypothesis.path, **row})
    return pd.DataFrame(rows)


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """What all hypotheses of a fit need."""

    solution: tuple[Array, Array]
    cov: Array
    variance: Mapping[str, float]
    draws: Drawn | None


def _measure(found: Fit, claim: Hypothesis, made: _Made) -> Verdict:
    """Everything about one path but what depends on the other hypotheses."""
    cells = places(found, claim.steps)
    absent = [" → ".join(step) for step, cell in cells.items() if cell is None]
    if absent:
        return Verdict(claim, reason=f"the model {found.model.name} has no arrow {', '.join(absent)}")
    flat = [node for node in claim.nodes if not made.variance[node] > 0]
    if flat:
        return Verdict(claim, reason=f"no positive variance is left to {', '.join(flat)}: the path has no size")
    path = pathway(found, [cell for cell in cells.values() if cell is not None], made.solution, made.draws)
    bare = _numbers(claim, path)
    if math.isnan(bare.se):
        arrow = "path" if claim.through else "arrow"
        cause = found.cause or (
            "its value is fixed" if not claim.through else "no arrow of it is free, or two are zero"
        )
        return replace(bare, reason=f"the {arrow} has no standard error: {cause}")
    sizes = {} if claim.through else asdict(contribution(found, claim.source, claim.outcome, made.cov))
    return replace(_tested(bare, path), **sizes)


def _numbers(claim: Hypothesis, path: Pathway) -> Verdict:
    """Estimates and intervals."""
    one, std = path.effect, path.standardized
    (low, high), (std_low, std_high) = one.interval(1 - claim.alpha), std.interval(1 - claim.alpha)
    return Verdict(
        claim,
        est=one.value,
        se=one.se,
        z=one.value / one.se,
        p=one.apart(),
        low=low,
        high=high,
        std=std.value,
        std_se=std.se,
        std_low=std_low,
        std_high=std_high,
        as_expected={"+": one.value > 0, "-": one.value < 0}.get(claim.sign),
    )


def _tested(bare: Verdict, path: Pathway) -> Verdict:
    """Unadjusted p-values of the questions, and what could have been found."""
    claim, one, std = bare.hypothesis, path.effect, path.standardized
    p = {"+": one.above(0.0), "-": one.below(0.0)}.get(claim.sign, bare.p)
    return replace(
        bare,
        p_test=p,
        p_opposite=bare.p if claim.sign else NAN,
        p_equivalence=equivalence(std, claim.sesoi).p,
        detectable=minimum_detectable(std.se, claim.alpha, POWER, sides=1 if claim.sign else 2),
        verdict="undecided",
    )


def _adjusted(judged: Sequence[Verdict]) -> list[Verdict]:
    """Every question's p-values adjusted within the families."""
    families = [v.hypothesis.family for v in judged]
    supports = adjusted([v.p_test for v in judged], families)
    against = adjusted([v.p_opposite for v in judged], families)
    small = adjusted([v.p_equivalence for v in judged], families)
    return [
        replace(v, p_adjusted=one, p_opposite=two, p_equivalence_adjusted=three)
        for v, one, two, three in zip(judged, supports, against, small, strict=True)
    ]


def _judge(verdict: Verdict) -> Verdict:
    if verdict.verdict != "undecided":
        return verdict
    alpha = verdict.hypothesis.alpha
    apart = verdict.p_adjusted < alpha
    opposite = verdict.as_expected is False and verdict.p_opposite < alpha
    if verdict.p_equivalence_adjusted < alpha:
        return replace(verdict, verdict="practically zero", reason=NEGLIGIBLE if apart or opposite else "")
    if apart:
        return replace(verdict, verdict="significant" if verdict.hypothesis.family == EXPLORATORY else "supported")
    return replace(verdict, verdict="opposite", reason=OPPOSITE) if opposite else verdict
