"""Do the arrows hold again: every hypothesis wave by wave, whether its effect is one, and the pooled effect.

The model is fitted to all waves at once. Loadings are equal over waves, so that an unstandardised effect means the same
in each; where that doesn't fit (the metric rung), the report says so and the standardised effects stand beside. Of
each path

    one effect?     Wald test of equal effects over waves, and the scaled difference test of the model in which they are
    pooled          random effects over waves (DerSimonian & Laird 1986, by statsmodels' combine_effects)
    heterogeneity   Q, I² and τ² (Higgins & Thompson 2002)
    replicated      in how many waves the sign is the expected one and the interval leaves out zero
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm
from statsmodels.stats.meta_analysis import combine_effects

from mkb21sem.errors import FitError, SpecError, WaveError
from mkb21sem.estimate.chisquare import Test
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.infer.rivals.difference import difference
from mkb21sem.infer.rivals.nesting import Nesting
from mkb21sem.infer.waves.groups import Source, labelled
from mkb21sem.linalg import Array
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.layout import kind
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave
from mkb21sem.survey.waves import WAVE, Waves


@dataclass(frozen=True)
class Replication:
    """Hypotheses over waves.

    Attributes
    ----------
    effects
        hypothesis path sign wave n est se low high p std supported.
    summary
        hypothesis path sign waves supported opposed equal_chisq equal_df equal_p, diff diff_df diff_p (difference
        test), pooled pooled_se pooled_low pooled_high pooled_p, q q_p i2 tau2, reason.
    metric
        Difference test of equal loadings over waves, on which the comparison of unstandardised effects rests.
    fit
        All waves together, loadings equal.
    remarks
        What was left out or carried over.
    alpha
        Level of the test in each wave.
    """

    effects: pd.DataFrame
    summary: pd.DataFrame
    metric: Test
    fit: Fit
    remarks: tuple[str, ...] = ()
    alpha: float = 0.05

    def __str__(self) -> str:
        columns = ["hypothesis", "path", "supported", "waves", "equal_p", "pooled", "pooled_low", "pooled_high", "i2"]
        return self.summary[columns].to_string(index=False, float_format=lambda x: f"{x:.3f}")


def replication(
    model: Model,
    waves: Source,
    hypotheses: Sequence[Hypothesis],
    group: str = WAVE,
    level: float = 0.95,
    alpha: float = 0.05,
) -> Replication:
    """Judge every hypothesis in every wave, and over all of them.

    Parameters
    ----------
    model
        With its structural arrows.
    waves
        `Waves`, a `Wave` with a grouping inside it, or a table with the group's column.
    hypotheses
        Direct paths of the model, or indirect ones, whose effect is the product along the path.
    group
        Column that tells the groups.
    level
        Of the intervals.
    alpha
        Level of the test in each wave: one-sided where a sign is expected.

    Raises
    ------
    SpecError
        A hypothesis about an arrow that the model lacks.
    WaveError, FitError, OptionError
        The waves lack a variable, or the model can't be fitted to them.
    """
    _arrows(model, hypotheses)
    frame = _answers(model, waves, group)
    model, hypotheses, dropped = _varying(model, hypotheses, frame, group)
    arrows = _arrows(model, hypotheses)
    missing = "fiml" if bool(frame[list(model.observed)].isna().any(axis=None)) else "listwise"
    free = fit(model, frame, "MLR", group=group, missing=missing)
    tied = fit(model, frame, "MLR", group=group, missing=missing, equal=("loadings",))
    if not tied.converged:
        raise FitError(f"the model over all waves did not converge: {tied.cause}")
    metric = _against(tied, free)
    effects, lines = [], []
    for each in hypotheses:
        value, V = _effect(tied, each)
        effects.append(_per_wave(tied, each, value, np.sqrt(np.diagonal(V)), level, alpha))
        test = _difference(model, frame, missing, group, each, arrows, tied)
        lines.append(_over_waves(each, value, V, effects[-1], test, level))
    remarks = waves.remarks if isinstance(waves, Waves) else ()
    return Replication(
        pd.concat(effects, ignore_index=True), pd.DataFrame(lines), metric, tied, remarks + dropped, alpha
    )


def _varying(
    model: Model, hypotheses: Sequence[Hypothesis], frame: pd.DataFrame, group: str
) -> tuple[Model, Sequence[Hypothesis], tuple[str, ...]]:
    """The model without causes that are constant in some group, such as firm size among the self-employed."""
    causes = [name for name in model.observed if any(a.op == "~" and a.rhs == name for a in model.arrows)]
    causes = [name for name in causes if name not in model.endogenous]
    spread = frame.groupby(group, sort=False)[causes].nunique()
    constant = [name for name in causes if bool((spread[name] < 2).any())]
    if not constant:
        return model, hypotheses, ()
    kept = tuple(a for a in model.arrows if not {a.lhs, a.rhs} & set(constant))
    left = [h for h in hypotheses if not set(h.nodes) & set(constant)]
    if not left:
        raise FitError(f"every hypothesis needs {', '.join(constant)}, which is constant in some group of {group}.")
    gone = ", ".join(h.id for h in hypotheses if h not in left) or "none"
    said = f"{', '.join(constant)}: constant in some group of {group}, left out of the model (hypotheses lost: {gone})."
    return replace(model, arrows=kept), left, (said,)


def _arrows(model: Model, hypotheses: Sequence[Hypothesis]) -> tuple[str, ...]:
    """Every regression arrow of the model, as `free=` names it."""
    known = {(a.rhs, a.lhs) for a in model.arrows if kind(a, model) == "regressions"}
    lacking = [f"{h.id}: {tail} → {head}" for h in hypotheses for tail, head in h.steps if (tail, head) not in known]
    if lacking:
        raise SpecError(f"the model {model.name} has no arrow for {'; '.join(lacking)}.")
    return tuple(f"{head} ~ {tail}" for tail, head in sorted(known))


def _answers(model: Model, waves: Source, group: str) -> pd.DataFrame:
    names = list(model.observed)
    if isinstance(waves, Waves):
        lost = {name: waves.without(name) for name in names if waves.without(name)}
        if lost:
            listed = "; ".join(f"{name} (in {', '.join(where)})" for name, where in lost.items())
            raise WaveError(f"the model can't be fitted to all waves, since these can't be compared: {listed}.")
        return waves.frame(names if group == WAVE else [*names, group])
    frame = waves.frame([*names, group]) if isinstance(waves, Wave) else waves
    return labelled(frame, group, inside=isinstance(waves, Wave))


def _against(smaller: Fit, larger: Fit) -> Test:
    if not (smaller.converged and larger.converged):
        return Test("none", float("nan"), 0, smaller.cause or larger.cause)
    checked = Nesting(True, False, 0.0, smaller.layout.df - larger.layout.df, larger.theta)
    found = difference(smaller, larger, "satorra.bentler.2001", checked=checked)
    return (
        found if not found.reason else difference(smaller, larger, "satorra.2000", restriction="delta", checked=checked)
    )


def _places(found: Fit, each: Hypothesis) -> list[int]:
    first = found.layout.rows[: len(found.layout.row)]
    at = {(r.arrow.rhs, r.arrow.lhs): i for i, r in enumerate(first) if kind(r.arrow, found.model) == "regressions"}
    return [at[step] for step in each.steps]


def _effect(found: Fit, each: Hypothesis) -> tuple[Array, Array]:
    """Effect along the path in every wave (g,), the product of its arrows, and their covariance by the delta method."""
    places = _places(found, each)
    cells, K = found.cells[:, places], found.layout.K[:, places, :]
    others = np.array([np.prod(np.delete(cells, i, axis=1), axis=1) for i in range(len(places))])
    gradient = np.einsum("ig,gik->gk", others, K)
    return np.prod(cells, axis=1), gradient @ found.vcov @ gradient.T


def _per_wave(found: Fit, each: Hypothesis, value: Array, se: Array, level: float, alpha: float) -> pd.DataFrame:
    z, half = value / se, norm.isf((1 - level) / 2) * se
    p = 2 * norm.sf(np.abs(z)) if not each.sign else norm.sf(z if each.sign == "+" else -z)
    g = len(value)
    std = found.table()["std"].to_numpy().reshape(g, -1)[:, _places(found, each)]
    columns = {
        "hypothesis": each.id,
        "path": each.path,
        "sign": each.sign,
        "wave": list(found.moments.groups),
        "n": found.moments.n,
        "est": value,
        "se": se,
        "low": value - half,
        "high": value + half,
        "p": p,
        "std": np.prod(std, axis=1),
        "supported": p < alpha,
    }
    return pd.DataFrame(columns)


def _difference(
    model: Model, frame: pd.DataFrame, missing: str, group: str, each: Hypothesis, arrows: Sequence[str], tied: Fit
) -> Test:
    """The model in which the arrows of this path are one over waves, against the one in which they are not."""
    own = {f"{head} ~ {tail}" for tail, head in each.steps}
    if len(own) > 1:
        return Test(
            "none", float("nan"), 0, "of an indirect effect there is the Wald test only: equal products are no model"
        )
    others = [arrow for arrow in arrows if arrow not in own]
    try:
        one = fit(model, frame, "MLR", group=group, missing=missing, equal=("loadings", "regressions"), free=others)
    except FitError as error:
        return Test("none", float("nan"), 0, str(error))
    return _against(one, tied)


def _over_waves(
    each: Hypothesis, value: Array, V: Array, effects: pd.DataFrame, test: Test, level: float
) -> dict[str, object]:
    g, se = len(value), np.sqrt(np.diagonal(V))
    contrast = np.eye(g)[1:] - np.eye(g)[0]
    gap = contrast @ value
    wald = float(gap @ np.linalg.solve(contrast @ V @ contrast.T, gap))
    with np.errstate(invalid="ignore", divide="ignore"):
        pool = combine_effects(value, se**2, method_re="chi2", row_names=list(effects["wave"]))
    # Between-wave variance below zero counts as none.
    tau2 = max(float(pool.tau2), 0.0)
    weight = 1 / (se**2 + tau2)
    pooled, pooled_se = float(weight @ value / weight.sum()), float(weight.sum() ** -0.5)
    q = float(pool.q)
    half = norm.isf((1 - level) / 2) * pooled_se
    z = pooled / pooled_se
    p = 2 * norm.sf(abs(z)) if not each.sign else norm.sf(z if each.sign == "+" else -z)
    against = (
        (effects["high"] < 0) if each.sign == "+" else (effects["low"] > 0) if each.sign == "-" else effects["n"] < 0
    )
    return {
        "hypothesis": each.id,
        "path": each.path,
        "sign": each.sign,
        "waves": g,
        "supported": int(effects["supported"].sum()),
        "opposed": int(against.sum()),
        "equal_chisq": wald,
        "equal_df": g - 1,
        "equal_p": float(chi2.sf(wald, g - 1)),
        "diff": test.chisq,
        "diff_df": test.df,
        "diff_p": test.pvalue,
        "pooled": pooled,
        "pooled_se": pooled_se,
        "pooled_low": pooled - half,
        "pooled_high": pooled + half,
        "pooled_p": float(p),
        "q": q,
        "q_p": float(chi2.sf(q, g - 1)),
        "i2": max(0.0, (q - (g - 1)) / q) if q > 0 else 0.0,
        "tau2": tau2,
        "reason": test.reason,
    }
