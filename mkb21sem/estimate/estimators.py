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
    items
        continuous, ordinal or any: which kinds of items the row is for.
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
    items: str = "continuous"


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
        Estimator("ULS", "ULS", "expected", "standard", "unweighted least squares", "any"),
        Estimator("WLS", "WLS", "expected", "standard", "weighted least squares, full weight matrix", "any"),
        Estimator("DWLS", "DWLS", "expected", "standard", "diagonally weighted least squares", "ordinal"),
        Estimator("WLSM", "DWLS", "sandwich", "satorra.bentler", "diagonally weighted, Satorra–Bentler", "ordinal"),
        Estimator("WLSMV", "DWLS", "sandwich", "scaled.shifted", "diagonally weighted, scaled and shifted", "ordinal"),
        Estimator("WLSMVS", "DWLS", "sandwich", "mean.var.adjusted", "diagonally weighted, adjusted test", "ordinal"),
        Estimator("ULSMV", "ULS", "sandwich", "scaled.shifted", "unweighted, scaled and shifted test", "ordinal"),
    )
}
