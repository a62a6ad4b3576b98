"""Why an index does not exist for a fit."""

from __future__ import annotations

from mkb21sem.estimate.chisquare import NOT_CONVERGED, Test
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.scaling import INAPPLICABLE
from mkb21sem.infer.globalfit.indices import Collected, indices
from mkb21sem.infer.globalfit.robust import NOT_SCALED

LIKELIHOOD = ("logl", "unrestricted.logl", "aic", "bic", "bic2", "sabic")
NOT_NESTED = "the model has more degrees of freedom than the baseline, so that it is not a restriction of it"
NOTHING_TO_IMPROVE = "the baseline leaves nothing to improve on"
NEGATIVE = "the estimated scaling factor is not positive: the sample is too small, or the model too far from it"
ULS = "n times the ULS minimum has no χ² distribution; ULSMV has a test"


def why(found: Fit) -> dict[str, str]:
    """The reason for every NaN among the `indices` of a fit, by name."""
    values = indices(found)
    one = Collected(found)
    return {str(name): _reason(str(name), one) for name in values.index[values.isna()]}


def _reason(name: str, one: Collected) -> str:
    found, plain = one.found, name.rsplit(".", 1)[0]
    row = found.estimator
    if name.startswith("baseline."):
        return _of_baseline(name, found)
    if name in LIKELIHOOD and not one.likely:
        return f"{row.name} minimises no likelihood"
    if not found.converged:
        return found.cause or NOT_CONVERGED
    if name.startswith("scaling.factor.h") and row.test != "yuan.bentler.mplus":
        return f"only MLR has scaling factors of its likelihoods; this is {row.name}"
    if name in ("srmr_mplus", "srmr_mplus_nomean", "ecvi") and found.layout.thresholds:
        return "it is not defined for ordinal items"
    if name == "wrmr":
        return "it is for ordinal items"
    if name.endswith((".scaled", "scaling.factor")):
        return _of_scaled(found) or _of_numbers(plain, found, found.scaled, found.baseline_scaled)
    if name.endswith(".robust"):
        test, baseline = one.robust
        reason = test.reason or baseline.reason or _negative(test, baseline)
        return reason or _of_numbers(plain, found, test, baseline)
    return _of_numbers(name, found, found.test, found.baseline)


def _of_scaled(found: Fit) -> str:
    if found.scaled is None or found.baseline_scaled is None:
        return NOT_SCALED.format(found.estimator.name)
    return found.cause or found.scaled.reason or _negative(found.scaled, found.baseline_scaled)


def _negative(*tests: Test) -> str:
    return NEGATIVE if any(test.scaling <= 0 for test in tests) else ""


def _of_baseline(name: str, found: Fit) -> str:
    if "scal" in name and found.baseline_scaled is None:
        return NOT_SCALED.format(found.estimator.name)
    if name == "baseline.pvalue" and found.estimator.loss == "ULS":
        return ULS
    test = found.baseline_scaled if "scal" in name else found.baseline
    if test is None or test.chisq != test.chisq:
        return (test.reason if test else "") or NOT_CONVERGED
    return _negative(test) or INAPPLICABLE


def _of_numbers(name: str, found: Fit, test: Test | None, baseline: Test | None) -> str:
    """Why a formula gives no number where there are tests."""
    if name == "pvalue" and found.estimator.loss == "ULS":
        return ULS
    if test is None or test.df == 0:
        return INAPPLICABLE
    if baseline is None or baseline.chisq != baseline.chisq:
        return f"the baseline: {NOT_CONVERGED}"
    if name in ("nfi", "rfi") and test.df > baseline.df:
        return NOT_NESTED
    return "there is no misfit" if name in ("cn_05", "cn_01") else NOTHING_TO_IMPROVE
