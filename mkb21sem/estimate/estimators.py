"""The table of estimators: a row is a loss, a covariance of the estimates and a test of fit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimator:
    """One row.

    Attributes
    ----------
    name
        As lavaan calls it.
    loss
        normal, GLS, ULS, WLS or DWLS.
    vcov
        expected, observed, sandwich (expected bread) or huber.white (observed bread).
    test
        standard, satorra.bentler, scaled.shifted, mean.var.adjusted or yuan.bentler.mplus.
    words
        For print.
    """

    name: str
    loss: str
    vcov: str
    test: str
    words: str


ESTIMATORS = {
    row.name: row
    for row in (
        Estimator("ML", "normal", "expected", "standard", "maximum likelihood, normal theory"),
        Estimator("MLM", "normal", "sandwich", "satorra.bentler", "maximum likelihood, Satorra–Bentler corrected"),
        Estimator("MLMV", "normal", "sandwich", "scaled.shifted", "maximum likelihood, scaled and shifted test"),
        Estimator(
            "MLMVS", "normal", "sandwich", "mean.var.adjusted", "maximum likelihood, mean-variance adjusted test"
        ),
        Estimator("MLR", "normal", "huber.white", "yuan.bentler.mplus", "maximum likelihood, robust (Yuan–Bentler)"),
        Estimator("GLS", "GLS", "expected", "standard", "generalised least squares"),
        Estimator("ULS", "ULS", "expected", "standard", "unweighted least squares"),
        Estimator("WLS", "WLS", "expected", "standard", "weighted least squares, asymptotically distribution-free"),
    )
}
