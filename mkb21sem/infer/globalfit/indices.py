"""Fit indices of a `Fit`, collected under lavaan's names. The formulas stand in the modules imported here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TypeGuard

import pandas as pd

from mkb21sem.estimate.chisquare import Test
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import Implied, implied
from mkb21sem.estimate.incomplete.saturated import Saturated, saturated, saturated_trace
from mkb21sem.estimate.scaling import saturated_trace as complete_trace
from mkb21sem.infer.globalfit.absolute import agfi, critical_n, ecvi, goodness, mfi, pgfi, wrmr
from mkb21sem.infer.globalfit.incremental import incremental, robust_incremental
from mkb21sem.infer.globalfit.information_criteria import aic, bic, sabic, saturated_logl
from mkb21sem.infer.globalfit.rmsea import approximation, scaled_arguments
from mkb21sem.infer.globalfit.robust import robust_tests
from mkb21sem.infer.globalfit.srmr import residual_sizes
from mkb21sem.parallel import one_thread

INCREMENTAL = ("cfi", "tli", "nnfi", "rfi", "nfi", "pnfi", "ifi", "rni")
RMSEA = ("rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "rmsea.pvalue", "rmsea.notclose.pvalue")
SIZES = ("rmr", "srmr", "srmr_bentler", "crmr", "srmr_mplus")
NAMES = (
    *("npar", "fmin", "chisq", "df", "pvalue"),
    *("chisq.scaled", "df.scaled", "pvalue.scaled", "chisq.scaling.factor"),
    *("baseline.chisq", "baseline.df", "baseline.pvalue"),
    *("baseline.chisq.scaled", "baseline.df.scaled", "baseline.pvalue.scaled", "baseline.chisq.scaling.factor"),
    *INCREMENTAL,
    *(f"{name}.scaled" for name in INCREMENTAL),
    *(f"{name}.robust" for name in ("cfi", "tli", "nnfi", "rni")),
    *("logl", "unrestricted.logl", "aic", "bic", "ntotal", "bic2", "sabic"),
    *("scaling.factor.h1", "scaling.factor.h0"),
    *RMSEA[:3],
    *("rmsea.ci.level", "rmsea.pvalue", "rmsea.close.h0", "rmsea.notclose.pvalue", "rmsea.notclose.h0"),
    *(f"{name}.scaled" for name in RMSEA),
    *(f"{name}.robust" for name in RMSEA),
    *("rmr", "rmr_nomean", "srmr", "srmr_bentler", "srmr_bentler_nomean", "crmr", "crmr_nomean"),
    *("srmr_mplus", "srmr_mplus_nomean"),
    *("cn_05", "cn_01", "gfi", "agfi", "pgfi", "mfi", "ecvi", "wrmr"),
)
"""Every name of the series that `indices` gives, in its order."""


def indices(found: Fit, level: float = 0.90, close: float = 0.05, notclose: float = 0.08) -> pd.Series[float]:
    """All fit indices, by `NAMES`; NaN where an index does not exist for this fit, and `why` says why.

    Parameters
    ----------
    found
        A fit.
    level
        Of the intervals of RMSEA.
    close, notclose
        RMSEA under the hypotheses of close and of not close fit.

    Notes
    -----
    Without convergence only the sizes of the model, the baseline and the saturated likelihood have numbers.
    ``sabic`` is ``bic2``. χ² is n times the minimum for a likelihood and Σ (n_g − 1) F_g for least squares, and n in
    RMSEA, MFI, ECVI and critical N follows it.
    """
    one = Collected(found, level, close, notclose)
    with one_thread():
        values = dict.fromkeys(NAMES, math.nan) | one.sizes()
        if found.converged:
            values |= one.likelihood() | one.approximation() | one.incremental() | one.reproduction()
    return pd.Series([values[name] for name in NAMES], index=list(NAMES), dtype=float)


@dataclass(frozen=True)
class Collected:
    """The indices of one fit, by kind; nothing in common is computed twice."""

    found: Fit
    level: float = 0.90
    close: float = 0.05
    notclose: float = 0.08

    @cached_property
    def model(self) -> Implied:
        """Implied moments."""
        return implied(self.found.layout, self.found.cells)

    @cached_property
    def saturated(self) -> tuple[Saturated, ...]:
        """The saturated model of each group where answers are missing."""
        where, sample = self.found.layout, self.found.moments
        return tuple(saturated(where, sample, g) for g in range(len(sample.patterns)))

    @cached_property
    def robust(self) -> tuple[Test, Test]:
        """The tests behind the robust indices."""
        return robust_tests(self.found, self.model, self.saturated)

    @cached_property
    def unrestricted(self) -> float:
        """Log-likelihood of the saturated model, without that of exogenous variables held at the sample's."""
        return saturated_logl(self.found.moments, self.found.layout.exogenous)

    @property
    def n(self) -> int:
        """What χ² was multiplied with: rows, or rows less groups for least squares."""
        sample = self.found.moments
        return sample.total if self.likely else sample.total - len(sample.groups)

    @property
    def likely(self) -> bool:
        """Whether a likelihood was maximised."""
        return self.found.estimator.loss == "normal"

    def sizes(self) -> dict[str, float]:
        """Parameters, rows and tests."""
        found = self.found
        values: dict[str, float] = {"npar": found.layout.k, "ntotal": found.moments.total, "df": found.layout.df}
        values |= _standard("baseline.", found.baseline, found.estimator.loss)
        values |= _scaled("baseline.", found.baseline_scaled)
        if found.converged:
            values |= {"fmin": found.loss} | _standard("", found.test, found.estimator.loss)
            values |= _scaled("", found.scaled)
        if self.likely:
            values["unrestricted.logl"] = self.unrestricted
        hypotheses = ("rmsea.ci.level", "rmsea.close.h0", "rmsea.notclose.h0")
        return values | dict(zip(hypotheses, (self.level, self.close, self.notclose), strict=True))

    def incremental(self) -> dict[str, float]:
        """CFI and its family, plain, scaled and robust."""
        found = self.found
        values: dict[str, float] = {}
        for ending, family, test, baseline in (
            ("", incremental, found.test, found.baseline),
            (".scaled", incremental, found.scaled, found.baseline_scaled),
            (".robust", robust_incremental, *self.robust),
        ):
            if _exists(test) and _exists(baseline):
                values |= _named(family(test, baseline), ending)
        return values

    def approximation(self) -> dict[str, float]:
        """RMSEA with intervals and tests, plain, scaled and robust."""
        found, n, test = self.found, self.n, self.robust[0]
        arguments: dict[str, tuple[float, float, float]] = {"": (found.test.chisq, found.test.df, n)}
        if _exists(found.scaled):
            arguments[".scaled"] = (*scaled_arguments(found.test, found.scaled), n)
        if _exists(test):
            arguments[".robust"] = (test.chisq, test.df, n / test.scaling)
        values: dict[str, float] = {}
        for ending, (chisq, df, size) in arguments.items():
            groups = len(found.moments.groups)
            family = approximation(chisq, df, size, groups, self.level, self.close, self.notclose)
            values |= _named(family, ending)
        return values

    def likelihood(self) -> dict[str, float]:
        """Log-likelihood, information criteria, and the scaling factors of MLR."""
        found = self.found
        if not self.likely:
            return {}
        k, n = found.layout.k, found.moments.total
        logl = self.unrestricted - n * found.loss
        adjusted = sabic(logl, k, n)
        values = {"logl": logl, "aic": aic(logl, k), "bic": bic(logl, k, n), "bic2": adjusted, "sabic": adjusted}
        if found.estimator.test != "yuan.bentler.mplus" or found.scaled is None:
            return values
        whole = self._whole_trace
        lost = found.scaled.trace if found.layout.df else 0.0
        return values | {"scaling.factor.h1": whole / found.layout.moments, "scaling.factor.h0": (whole - lost) / k}

    @property
    def _whole_trace(self) -> float:
        where, sample = self.found.layout, self.found.moments
        if self.saturated:
            return saturated_trace(self.saturated, sample.share)
        return complete_trace(sample, where.meanstructure, where.exogenous)

    def reproduction(self) -> dict[str, float]:
        """Residuals, GFI and what follows from χ² and n alone."""
        found = self.found
        chisq, df, k = found.test.chisq, found.layout.df, found.layout.k
        whole, groups = _statistics(found), len(found.moments.groups)
        good = goodness(found, self.model)
        values = residual_sizes(found, self.model) | {
            "cn_05": critical_n(chisq, df, self.n, 0.05),
            "cn_01": critical_n(chisq, df, self.n, 0.01),
            "gfi": good,
            "agfi": agfi(good, df, whole),
            "pgfi": pgfi(good, df, whole),
            "mfi": mfi(chisq, df, self.n),
        }
        if found.layout.thresholds:
            return values | {"wrmr": wrmr(chisq, whole // groups)}
        return values | {"ecvi": ecvi(chisq, k, self.n)}


def _statistics(found: Fit) -> int:
    """Sample moments, or statistics of ordinal items, of all groups."""
    if found.layout.thresholds:
        return sum(len(group.statistics) for group in found.moments.ordinal)
    p = len(found.layout.observed)
    return len(found.moments.groups) * (p * (p + 1) // 2 + p * found.layout.meanstructure)


def _standard(prefix: str, test: Test, loss: str) -> dict[str, float]:
    pvalue = math.nan if loss == "ULS" else test.pvalue
    return {f"{prefix}chisq": test.chisq, f"{prefix}df": test.df, f"{prefix}pvalue": pvalue}


def _scaled(prefix: str, test: Test | None) -> dict[str, float]:
    if not _exists(test):
        return {}
    names = ("chisq.scaled", "df.scaled", "pvalue.scaled", "chisq.scaling.factor")
    return {prefix + name: x for name, x in zip(names, (test.chisq, test.df, test.pvalue, test.scaling), strict=True)}


def _exists(test: Test | None) -> TypeGuard[Test]:
    """Whether there is a statistic: with a scaling factor that is not positive it is none."""
    return test is not None and not math.isnan(test.chisq) and test.scaling > 0


def _named(values: dict[str, float], ending: str) -> dict[str, float]:
    return {name + ending: value for name, value in values.items()}


def most_robust(values: pd.Series[float]) -> str:
    """Ending of the most trustworthy version that CFI, TLI and RMSEA all have."""
    endings = (".robust", ".scaled")
    has = (all(math.isfinite(values[name + ending]) for name in ("cfi", "tli", "rmsea")) for ending in endings)
    return next((ending for ending, there in zip(endings, has, strict=True) if there), "")
