"""A certificate for a fit: a minimum, the lowest one, of a model that the sample can tell, with possible estimates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import implied
from mkb21sem.estimate.inference import Inference
from mkb21sem.estimate.quadratic import derivative
from mkb21sem.estimate.secondopinion import second_opinion
from mkb21sem.estimate.vcov import SINGULAR
from mkb21sem.infer.certificates.admissibility import admissibility
from mkb21sem.infer.certificates.check import Check, listed
from mkb21sem.infer.certificates.restarts import restarts
from mkb21sem.infer.localfit.modification import inference
from mkb21sem.linalg import Array
from mkb21sem.parallel import one_thread
from mkb21sem.specify.constraint import linear

AT_MINIMUM = 1e-3
"""Distance from the minimum, in standard errors, that still counts as being there."""

SHORT = 1e-3
"""Difference of χ² above which semopy has stopped short of the minimum."""

WEAK = 1e-4
"""Eigenvalue of the information, scaled to unit diagonal, below which the sample says too little about a direction."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was checked of a fit, and what came out.

    Attributes
    ----------
    title
        Model, estimator and sample size.
    checks
        In the order of reading.
    """

    title: str
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether every question that could be answered was answered well."""
        return all(check.ok is not False for check in self.checks)

    def __getitem__(self, name: str) -> Check:
        """The check of that name."""
        return next(check for check in self.checks if check.name == name)

    def table(self) -> pd.DataFrame:
        """The checks as a table: name ok finding remedy."""
        rows = [(check.name, check.ok, check.finding, check.remedy) for check in self.checks]
        return pd.DataFrame(rows, columns=["name", "ok", "finding", "remedy"])

    def __str__(self) -> str:
        failed = [check.name for check in self.checks if check.ok is False]
        verdict = f"NOT PASSED ({listed(failed)})" if failed else "passed"
        return "\n".join([f"Certificate of {self.title}: {verdict}", *map(str, self.checks)])


def certificate(found: Fit, *, starts: int = 5, semopy: bool = True, seed: int = 1) -> Certificate:
    """Check a fit in every way that needs no judgement.

    Parameters
    ----------
    found
        A fit.
    starts
        How many other starting values to try.
    semopy
        Whether to ask semopy for a second opinion (half a second).
    seed
        Of the starting values.

    Returns
    -------
    Certificate
        ``ok`` is False if any check failed; each failed one says what may help.
    """
    title = f"{found.model.name} ({found.estimator.name}, N = {found.moments.total})"
    if not found.converged:
        return Certificate(title, (Check("convergence", False, found.cause, _START), _degrees_of_freedom(found)))
    with one_thread():
        at = inference(found, found.layout)
        checks = [
            Check(
                "convergence",
                True,
                f"a minimum after {found.iterations} steps",
                figures={"steps": found.iterations},
            ),
            _gradient(at),
            _identification(found, at),
            _degrees_of_freedom(found),
            restarts(found, at.loss, starts, seed),
            _second_opinion(found) if semopy else Check("second opinion", None, "not asked for"),
            *admissibility(found),
        ]
    return Certificate(title, tuple(checks))


_START = "Look at the items' correlations, simplify the model, or give START values near what theory expects."


def _gradient(at: Inference) -> Check:
    gradient, H = (each[0] for each in at.loss.derivatives(at.theta[None]))
    distance = float(np.sqrt(max(gradient @ np.linalg.pinv(H, hermitian=True) @ gradient, 0.0) * at.sample.total))
    finding = f"{distance:.1g} standard errors from the minimum (largest slope {np.abs(gradient).max():.1g})"
    return Check(
        "gradient",
        distance < AT_MINIMUM,
        finding,
        "" if distance < AT_MINIMUM else _START,
        {"distance": distance, "limit": AT_MINIMUM},
    )


def _identification(found: Fit, at: Inference) -> Check:
    """Rank of the derivatives of the implied moments, and the eigenvalues of the information."""
    where = found.layout
    Delta = derivative(where, at.cells, implied(where, at.cells)).reshape(-1, where.k)
    size = np.linalg.norm(Delta, axis=0)
    singular = np.linalg.svd(Delta / np.where(size > 0, size, 1.0), compute_uv=False)
    rank = int((singular > 1e-7).sum())
    values, vectors = _scaled_eigen(at.information)
    finding = (
        f"rank {rank} for {where.k} parameters, eigenvalues of the information {values[0]:.2g} to {values[-1]:.2g}"
    )
    figures = {"rank": rank, "k": where.k, "smallest": float(values[0]), "largest": float(values[-1])}
    if rank == where.k and values[0] > WEAK:
        return Check("identification", True, finding, figures=figures)
    names = _involved(where.names, vectors[:, values <= max(SINGULAR, values[0])])
    together = (
        f"{listed(names)} can hardly be told apart" if len(names) > 1 else f"{listed(names)} is hardly determined"
    )
    remedy = (
        "In theory the model is identified, but these answers say little about them: a construct with two items needs "
        "a clear correlation with another one. Add items, or hold some of these parameters equal."
        if rank == where.k
        else "Fix one of them, set a marker (1*item), or add items."
    )
    return Check("identification", False, f"{finding}: {together}", remedy, figures)


def _scaled_eigen(information: Array) -> tuple[Array, Array]:
    root = np.sqrt(np.maximum(np.diagonal(information), 1e-300))
    values, vectors = np.linalg.eigh(information / np.outer(root, root))
    return values, vectors


def _involved(names: tuple[str, ...], vectors: Array) -> list[str]:
    weights = np.abs(vectors).max(axis=1)
    return [name for name, weight in zip(names, weights, strict=True) if weight > 0.1 * weights.max()]


def _degrees_of_freedom(found: Fit) -> Check:
    """Count moments and parameters one by one, and compare."""
    moments, parameters = _count_moments(found), _count_parameters(found)
    df = moments - parameters
    ok = df == found.layout.df == found.test.df
    finding = f"{moments} moments less {parameters} parameters leave {df}"
    if ok:
        return Check("df", True, finding, figures={"moments": moments, "parameters": parameters, "df": df})
    return Check(
        "df",
        False,
        f"{finding}, but the test has {found.test.df}",
        "This is an error of the program: please report it.",
    )


def _count_moments(found: Fit) -> int:
    where, ordinal = found.layout, dict(found.layout.thresholds)
    held = set(where.exogenous)
    count = 0
    for i, one in enumerate(where.observed):
        for other in where.observed[i:]:
            count += not ({one, other} <= held or (one == other and one in ordinal))
        count += ordinal[one] if one in ordinal else int(where.meanstructure and one not in held)
    return count * len(where.groups)


def _count_parameters(found: Fit) -> int:
    """Different free arrows or labels, less the independent CONSTRAINT equations among them."""
    free = {
        row.arrow.label or (row.group, *row.arrow.cell, row.arrow.rhs if row.arrow.op == "|" else "")
        for row in found.layout.rows
        if row.free
    }
    equations = [linear(", ".join(o.arguments))[0] for o in found.model.operations if o.name == "CONSTRAINT"]
    labels = sorted({label for equation in equations for label in equation})
    R = np.array([[equation.get(label, 0.0) for label in labels] for equation in equations])
    return len(free) - (int(np.linalg.matrix_rank(R)) if equations else 0)


def _second_opinion(found: Fit) -> Check:
    opinion = second_opinion(found)
    if opinion.reason:
        return Check("second opinion", None, opinion.reason)
    finding = f"semopy {opinion.version} differs by {opinion.largest:.1g} standard deviations at most"
    if opinion.agrees:
        return Check("second opinion", True, finding, figures={"largest": opinion.largest})
    above = opinion.chisq_semopy - opinion.chisq
    if above > SHORT:
        # Its estimates are then not at a minimum, and say nothing about ours.
        return Check("second opinion", None, f"semopy stops short of the minimum, at a χ² {above:.3f} higher")
    worst = opinion.estimates.iloc[int(opinion.estimates["difference"].abs().argmax())]
    remedy = f"The most different is {worst['lhs']} {worst['op']} {worst['rhs']}. " + (
        "semopy's χ² is lower: give START values." if above < -SHORT else "χ² is the same: see identification."
    )
    return Check("second opinion", False, f"{finding}, at a χ² of {opinion.chisq_semopy:.3f}", remedy)
