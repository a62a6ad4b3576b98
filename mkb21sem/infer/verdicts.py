"""From a fit and its hypotheses to verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import pandas as pd
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from mkb21sem.errors import OptionError
from mkb21sem.estimate.fit import Fit
from mkb21sem.specify.hypothesis import Hypothesis

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the fit says of one hypothesis.

    Attributes
    ----------
    hypothesis
        The claim.
    est, se, z, p, low, high
        Estimate, standard error, z, two-sided p and interval (95% at alpha .05).
    p_test
        The p-value that the verdict rests on: one-sided where a sign was registered.
    p_adjusted
        ``p_test`` after Holm's correction over the primary hypotheses; for a secondary one ``p_test`` itself.
    std
        Standardised estimate.
    as_expected
        Whether the estimate has the registered sign; None where none was registered.
    verdict
        supported, opposite, undecided or not testable.
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
    std: float = NAN
    as_expected: bool | None = None
    verdict: str = "not testable"
    reason: str = ""


def verdicts(found: Fit, hypotheses: Sequence[Hypothesis], alpha: float = 0.05) -> tuple[Verdict, ...]:
    """Judge each hypothesis by the z test of its arrow.

    Parameters
    ----------
    found
        A fit of one group.
    hypotheses
        Read by ``Hypothesis.read``.
    alpha
        Level of the tests; intervals have level 1 − alpha.

    Returns
    -------
    tuple of Verdict
        In the order of the hypotheses.

    Raises
    ------
    OptionError
        alpha is not between 0 and 1, or the fit has several groups.

    Notes
    -----
    A registered sign makes the test one-sided. "Opposite" is a two-sided test that is significant on the
    other side. "Undecided" is not "no effect": the interval shows what the data leave open. Holm (1979) over
    the primary hypotheses that could be tested.
    """
    if not 0 < alpha < 1:
        raise OptionError(f"alpha must lie between 0 and 1; got {alpha}.")
    if len(found.moments.groups) > 1:
        raise OptionError("verdicts are given for one group; fit each group by itself.")
    table = found.table(1 - alpha)
    judged = [_measure(found, table, h) for h in hypotheses]
    return tuple(_judge(v, alpha) for v in _adjusted(judged))


def verdict_table(judged: Sequence[Verdict]) -> pd.DataFrame:
    """The verdicts as a frame, one row a hypothesis, with its path, sign, family and evidence."""
    rows = []
    for verdict in judged:
        row = asdict(verdict)
        claim = row.pop("hypothesis")
        keys = ("id", "arrow", "source", "outcome", "sign", "family", "evidence")
        rows.append({**{key: claim[key] for key in keys}, "path": verdict.hypothesis.path, **row})
    return pd.DataFrame(rows)


def _measure(found: Fit, table: pd.DataFrame, claim: Hypothesis) -> Verdict:
    at = (table["op"] == "~") & (table["lhs"] == claim.outcome) & (table["rhs"] == claim.source)
    if not found.converged:
        return Verdict(claim, reason=f"the model did not converge: {found.cause}")
    if not at.any():
        return Verdict(claim, reason=f"the model {found.model.name} has no arrow {claim.path}")
    row = table[at].iloc[0]
    est, se, z, p, low, high, std = (float(row[key]) for key in ("est", "se", "z", "p", "low", "high", "std"))
    as_expected = None if not claim.sign else (est > 0) == (claim.sign == "+")
    bare = Verdict(claim, est, se, z, p, low, high, std=std, as_expected=as_expected)
    if math.isnan(bare.se):
        cause = "its value is fixed" if not found.cause else found.cause
        return replace(bare, reason=f"the arrow has no standard error: {cause}")
    direction = {"+": 1.0, "-": -1.0}.get(claim.sign)
    p_test = p if direction is None else float(norm.sf(direction * z))
    return replace(bare, p_test=p_test, p_adjusted=p_test, verdict="undecided")


def _adjusted(judged: Sequence[Verdict]) -> list[Verdict]:
    """Holm over the primary hypotheses that were tested."""
    places = [i for i, v in enumerate(judged) if v.hypothesis.family == "primary" and v.verdict == "undecided"]
    out = list(judged)
    if places:
        adjusted = multipletests([judged[i].p_test for i in places], method="holm")[1]
        for i, p in zip(places, adjusted, strict=True):
            out[i] = replace(out[i], p_adjusted=float(p))
    return out


def _judge(verdict: Verdict, alpha: float) -> Verdict:
    if verdict.verdict != "undecided":
        return verdict
    if verdict.p_adjusted < alpha:
        return replace(verdict, verdict="supported")
    if verdict.as_expected is False and verdict.p < alpha:
        return replace(verdict, verdict="opposite", reason="significant, against the registered sign")
    return verdict
