"""Arrows that a model leaves out on purpose: is each of them zero? By score, Wald and likelihood-ratio tests.

    score       from the model without the arrow: what χ² would lose                    n e'V⁻¹e, robust n e'S⁻¹e
    Wald        from the model with the arrow: its estimate over its standard error     b'V⁻¹b
    difference  from both: how much worse the model without it fits, scaled where the estimator's test is

All three have a χ² distribution if the arrow is zero, and agree in large samples (Engle 1984). Each arrow is added by
itself; the joint test adds all at once. Not significant is not zero: equivalence against the SESOI says that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2

from mkb21sem.errors import Mkb21Error
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.infer.effects.pathway import pathway, places
from mkb21sem.infer.judging.equivalence import equivalence
from mkb21sem.infer.judging.multiplicity import adjusted
from mkb21sem.infer.localfit.candidates import Candidate, augmented
from mkb21sem.infer.localfit.modification import inference, meat, require_minimum, score_tests
from mkb21sem.infer.rivals.difference import difference
from mkb21sem.linalg import Array
from mkb21sem.parallel import one_thread
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.specify.parse import Arrow
from mkb21sem.survey.wave import Wave

NAN = math.nan
VERDICTS = ("contradicted", "practically zero", "undecided", "not testable")
COLUMNS = (
    *("id", "path", "source", "outcome", "score", "p_score", "robust", "p_robust", "epc", "wald", "p_wald"),
    *("difference", "p_difference", "method", "est", "se", "std", "std_se", "std_low", "std_high", "sesoi", "alpha"),
    *("p_adjusted", "p_equivalence", "p_equivalence_adjusted", "verdict", "reason"),
)
JOINT = ("test", "chisq", "df", "p", "reason")


@dataclass(frozen=True, slots=True, eq=False)
class Zeros:
    """Tests of arrows that the model leaves out.

    Attributes
    ----------
    table
        A row for each arrow: id path source outcome, score and robust score with their p, epc (the value to expect from
        the score), wald, difference with its p and method, est se std std_se std_low std_high with the arrow added,
        sesoi alpha, p_adjusted (of the difference, by Holm over the arrows), p_equivalence and p_equivalence_adjusted
        (TOST), verdict, reason.
    joint
        All arrows at once: test (score, robust score, Wald, difference) chisq df p reason.
    """

    table: pd.DataFrame
    joint: pd.DataFrame


def zeros(found: Fit, wave: Wave | pd.DataFrame, restrictions: Sequence[Hypothesis], **options: Any) -> Zeros:
    """Test arrows that the model leaves out, each by itself and all at once.

    Parameters
    ----------
    found
        A fit of one group, without the arrows.
    wave
        What it was fitted to: the models with the arrows are fitted to the same.
    restrictions
        Read by ``Hypothesis.read_zeros``.
    **options
        Of the fit, beside its estimator: ``missing``, ``ordered``, ``weights`` and so on.

    Returns
    -------
    Zeros
        *Contradicted*: the difference test is significant after Holm's adjustment over the arrows. *Practically zero*:
        equivalence to zero within the SESOI, adjusted likewise, also where the difference is significant.
        *Undecided* is neither.

    Raises
    ------
    FitError
        The fit did not converge, or the sample doesn't determine its parameters.
    """
    require_minimum(found, "tests of registered zeros")
    rows: list[dict[str, Any]] = [
        {"id": z.id, "path": z.path, "source": z.source, "outcome": z.outcome, "sesoi": z.sesoi, "alpha": z.alpha}
        | {"reason": _untestable(found, z)}
        for z in restrictions
    ]
    tested = [(row, z) for row, z in zip(rows, restrictions, strict=True) if not row["reason"]]
    joint = pd.DataFrame(columns=list(JOINT))
    if tested:
        claims = [z for _, z in tested]
        for (row, z), scores in zip(tested, _scores(found, claims)[0], strict=True):
            row |= scores | _refitted(found, wave, z, options)
        larger, reason = _larger(found, wave, claims, f"{found.model.name} with all registered zeros", options)
        joint = joint_tests(found, larger, claims, reason)
    return Zeros(_judged(pd.DataFrame(rows, columns=list(COLUMNS))), joint)


def joint_tests(found: Fit, larger: Fit | None, claims: Sequence[Hypothesis], reason: str = "") -> pd.DataFrame:
    """All arrows at once: test (score, robust score, Wald, difference) chisq df p reason.

    Parameters
    ----------
    found, larger
        Fits without and with all of the arrows; None where the larger model can't be estimated.
    claims
        The arrows.
    reason
        Why there is no larger model.
    """
    lines = _scores(found, claims)[1]
    if larger is None:
        lines += [_line(test, NAN, len(claims), reason) for test in ("Wald", "difference")]
    else:
        at = [larger.layout.names.index(f"{z.outcome}~{z.source}") for z in claims]
        wald = _quadratic(larger.theta[at], larger.vcov[np.ix_(at, at)])
        change = difference(found, larger)
        lines.append(_line("Wald", wald, len(at), ""))
        lines.append(_line("difference", change.chisq, change.df, change.reason) | {"p": change.pvalue})
    return pd.DataFrame(lines, columns=list(JOINT))


def _untestable(found: Fit, zero: Hypothesis) -> str:
    model = found.model
    absent = [name for name in zero.nodes if name not in (*model.latents, *model.observed)]
    if absent:
        return f"the model {model.name} has no variable {', '.join(absent)}"
    if None not in places(found, zero.steps).values():
        return f"the model {model.name} has the arrow {zero.path}: it is estimated, not restricted"
    if zero.outcome in found.layout.exogenous:
        return f"{zero.outcome} only predicts in the model {model.name}; nothing may point at it"
    return ""


def _scores(found: Fit, claims: Sequence[Hypothesis]) -> tuple[list[dict[str, float]], list[dict[str, Any]]]:
    """Score tests of each arrow and of all, from the model without them."""
    batch = [Candidate(Arrow(z.outcome, "~", z.source), 0) for z in claims]
    k, n = found.layout.k, found.moments.total
    with one_thread():
        at = inference(found, augmented(found.layout, batch))
        gradient, information = at.loss.derivatives(at.theta[None])[0][0], at.expected
        spread = meat(at)
        own = score_tests(gradient, information, k, n, spread)
        slope = np.linalg.solve(information[:k, :k], information[:k, k:])
        e = gradient[k:] - slope.T @ gradient[:k]
        A = np.hstack([-slope.T, np.eye(len(batch))])
        plain = n * _quadratic(e, A @ information @ A.T)
        robust = NAN if spread is None else n * _quadratic(e, A @ spread @ A.T)
    p, p_robust = chi2.sf(own.mi, 1), chi2.sf(own.robust, 1)
    single = [
        {"score": own.mi[i], "p_score": p[i], "robust": own.robust[i], "p_robust": p_robust[i], "epc": own.epc[i]}
        for i in range(len(batch))
    ]
    reason = f"{found.estimator.name} has no robust scores" if spread is None else ""
    return single, [_line("score", plain, len(e), ""), _line("robust score", robust, len(e), reason)]


def _quadratic(e: Array, V: Array) -> float:
    return float(e @ np.linalg.solve(V, e))


def _line(test: str, chisq: float, df: float, reason: str) -> dict[str, Any]:
    return {"test": test, "chisq": chisq, "df": df, "p": float(chi2.sf(chisq, df)), "reason": reason}


def _with(model: Model, claims: Sequence[Hypothesis], name: str) -> Model:
    lines = [str(model), *(f"{z.outcome} ~ {z.source}" for z in claims)]
    return Model.parse("\n".join(lines), name=name)


def _larger(
    found: Fit, wave: Wave | pd.DataFrame, claims: Sequence[Hypothesis], name: str, options: dict[str, Any]
) -> tuple[Fit | None, str]:
    """The model with the arrows added, or why it can't be estimated."""
    try:
        larger = fit(_with(found.model, claims, name), wave, found.estimator.name, **options)
    except Mkb21Error as error:
        return None, str(error)
    return (larger, "") if np.isfinite(larger.vcov).all() else (None, larger.cause)


def _refitted(found: Fit, wave: Wave | pd.DataFrame, zero: Hypothesis, options: dict[str, Any]) -> dict[str, Any]:
    """Wald and difference test, estimate and equivalence, from the model with one arrow more."""
    larger, reason = _larger(found, wave, [zero], f"{found.model.name} with {zero.path}", options)
    if larger is None:
        return {"reason": f"with the arrow the model can't be estimated: {reason}"}
    path = pathway(larger, [cell for cell in places(larger, zero.steps).values() if cell is not None])
    one, std = path.effect, path.standardized
    low, high = std.interval(1 - zero.alpha)
    change = difference(found, larger)
    return {
        "wald": (one.value / one.se) ** 2,
        "p_wald": one.apart(),
        "difference": change.chisq,
        "p_difference": change.pvalue,
        "method": change.name,
        "est": one.value,
        "se": one.se,
        "std": std.value,
        "std_se": std.se,
        "std_low": low,
        "std_high": high,
        "p_equivalence": equivalence(std, zero.sesoi).p,
        "reason": change.reason,
    }


def _judged(table: pd.DataFrame) -> pd.DataFrame:
    """Adjusted p-values and verdicts."""
    family = ["zero"] * len(table)
    numbers = table.astype({"p_difference": float, "p_equivalence": float})
    apart = np.array(adjusted(list(numbers["p_difference"]), family))
    small = np.array(adjusted(list(numbers["p_equivalence"]), family))
    alpha = numbers["alpha"].to_numpy(float)
    says = np.select(
        [small < alpha, apart < alpha, np.isnan(apart)], [VERDICTS[1], VERDICTS[0], VERDICTS[3]], VERDICTS[2]
    )
    return numbers.assign(p_adjusted=apart, p_equivalence_adjusted=small, verdict=says)
