"""Whether estimates can be what they claim to be: variances, correlations and covariance matrices.

Improper solutions come from a small sample, too few or nearly identical items, or a wrong model; a negative variance
within sampling error of zero says little, one clearly below zero says that the model is wrong (Chen, Bollen, Paxton,
Curran & Kirby 2001).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import implied, matrices
from mkb21sem.estimate.ordered.polychoric import OrdinalMoments
from mkb21sem.estimate.standard import standardize, variable_covariance
from mkb21sem.infer.certificates.check import Check, listed
from mkb21sem.linalg import Array

NEGLIGIBLE = 1e-8
"""How far below zero a variance (relative to the variable's own) or eigenvalue (of correlations) may be by rounding."""

COLLINEAR = 0.01
"""Smallest eigenvalue of the sample correlations below which items hardly differ."""

TWINS = 0.95
"""Sample correlation above which two items hardly differ."""


def admissibility(found: Fit) -> tuple[Check, ...]:
    """Negative variances, impossible correlations, covariance matrices that can't be, and nearly collinear items."""
    checks = (variances(found), correlations(found), constructs(found), residual_matrix(found), items(found))
    return (*checks, answers(found)) if found.moments.ordinal else checks


def _in_group(found: Fit, g: int) -> str:
    return f" in group {found.moments.groups[g]}" if len(found.moments.groups) > 1 else ""


def variances(found: Fit) -> Check:
    """Heywood cases: variances below zero."""
    where, table = found.layout, found.table()
    total = np.diagonal(variable_covariance(where, implied(where, found.cells)), axis1=1, axis2=2)
    findings, remedies = [], []
    for (_, shown), row in zip(table.iterrows(), where.rows, strict=True):
        arrow, g = row.arrow, row.group - 1
        if arrow.op != "~~" or arrow.lhs != arrow.rhs:
            continue
        own = abs(total[g, where.variables.index(arrow.lhs)])
        if shown["est"] >= -NEGLIGIBLE * own:
            continue
        z = f"z = {shown['z']:.1f}" if np.isfinite(shown["z"]) else "no standard error"
        kind = "residual variance" if _explained(found, arrow.lhs) else "variance"
        findings.append(f"the {kind} of {arrow.lhs}{_in_group(found, g)} is {shown['est']:.4g} ({z})")
        remedies.append(_variance_remedy(found, arrow.lhs, bool(np.isfinite(shown["z"]) and shown["z"] < -1.96)))
    if not findings:
        return Check("variances", True, "none is negative")
    return Check("variances", False, "; ".join(findings), " ".join(dict.fromkeys(remedies)))


def _explained(found: Fit, name: str) -> bool:
    return any(a.head == name and a.heads == 1 for a in found.model.arrows)


def _variance_remedy(found: Fit, name: str, significant: bool) -> str:
    """Why a variance is negative, by what kind of variable it is of, and what may help."""
    measured = [a.lhs for a in found.model.arrows if a.op == "=~" and a.rhs == name]
    if measured:
        count = len(found.model.indicators[measured[0]])
        few = f"{measured[0]} has {count} items; a third or fourth item helps. " if count < 4 else ""
        if significant:
            return (
                f"{name}: clearly below zero, so the model is wrong about this item. It may repeat another item of "
                f"{listed(measured)}, or belong to another construct: look at its residuals and modification indices."
            )
        return (
            f"{name}: within sampling error of zero. The sample is small for this model, or {name} nearly is "
            f"{listed(measured)} itself. {few}Otherwise fix its residual variance at 0, or hold loadings equal, and "
            "say so."
        )
    sources = [a.rhs for a in found.model.arrows if a.op == "~" and a.lhs == name]
    if sources:
        return (
            f"{name}: {listed(sources)} explain more than all of it. They correlate too highly with each other, or "
            f"their items share more with those of {name} than the constructs (wording, format). Leave one out, join "
            "them, or let such items covary."
        )
    return (
        f"{name}: its items correlate too little or with different signs to have something in common. Look for "
        "reversed items, or choose another marker."
    )


def correlations(found: Fit) -> Check:
    """Correlations beyond 1, of residuals and of constructs."""
    where = found.layout
    std, names = standardize(where, found.cells), where.variables
    V = variable_covariance(where, implied(where, found.cells))
    beyond = {}
    for i, row in enumerate(where.rows):
        a, value = row.arrow, float(std.ravel()[i])
        if a.op == "~~" and a.lhs != a.rhs and abs(value) > 1 + NEGLIGIBLE:
            beyond[a.lhs, a.rhs, row.group - 1] = value
    for one, other, g, value in _construct_correlations(V, where.p):
        beyond.setdefault((names[one], names[other], g), value)
    if not beyond:
        return Check("correlations", True, "none is beyond 1")
    findings = [
        f"{one} and {other} correlate {value:.2f}{_in_group(found, g)}" for (one, other, g), value in beyond.items()
    ]
    remedies = [_correlation_remedy(found, one, other) for one, other, _ in beyond]
    return Check("correlations", False, "; ".join(findings), " ".join(dict.fromkeys(remedies)))


def _construct_correlations(V: Array, p: int) -> Iterator[tuple[int, int, int, float]]:
    for g, whole in enumerate(V):
        variance = np.diagonal(whole)
        for i in range(p, len(whole)):
            for j in range(p, i):
                if variance[i] > 0 and variance[j] > 0:
                    value = float(whole[i, j] / np.sqrt(variance[i] * variance[j]))
                    if abs(value) > 1 + NEGLIGIBLE:
                        yield j, i, g, value


def _correlation_remedy(found: Fit, one: str, other: str) -> str:
    if one in found.layout.latent and other in found.layout.latent:
        return (
            f"The items don't tell {one} and {other} apart: join them into one construct, or give each items that "
            "the other can't claim."
        )
    return (
        f"The covariance of {one} and {other} takes over what their construct should explain: leave `{one} ~~ {other}` "
        "out, or one of the two items."
    )


def constructs(found: Fit) -> Check:
    """Whether the covariances of the constructs can hold together."""
    p = found.layout.p
    if not found.layout.latent:
        return Check("constructs", None, "the model has none")
    V = variable_covariance(found.layout, implied(found.layout, found.cells))[:, p:, p:]
    return _definite(found, "constructs", V, found.layout.latent, "covariance matrix of the constructs", _CONSTRUCTS)


_CONSTRUCTS = (
    "One of {names} is a mixture of the others, so that the items don't tell all of them apart. Join two, leave one "
    "out, or measure them by items that differ more."
)
_RESIDUALS = (
    "The residual covariances among {names} can't all hold at once. Leave out the weakest, or replace several by a "
    "construct of what these items share."
)


def residual_matrix(found: Fit) -> Check:
    """Whether the residual covariances of the observed variables can hold together."""
    p = len(found.layout.observed)
    Theta = matrices(found.layout, found.cells)[1][:, :p, :p]
    return _definite(
        found, "residuals", Theta, found.layout.observed, "residual covariance matrix of the items", _RESIDUALS
    )


def _definite(found: Fit, name: str, M: Array, variables: tuple[str, ...], what: str, remedy: str) -> Check:
    findings, remedies, smallest = [], [], np.inf
    for g, matrix in enumerate(M):
        value, names = _weakest(matrix, variables)
        smallest = min(smallest, value)
        if value < -NEGLIGIBLE:
            findings.append(
                f"the {what}{_in_group(found, g)} is not positive definite (smallest eigenvalue {value:.3g}, scaled)"
            )
            remedies.append(
                remedy.format(names=listed(names)) if len(names) > 1 else f"See {names[0]} under variances."
            )
    if not findings:
        finding = f"the {what} can exist (smallest eigenvalue {smallest:.3g}, scaled)"
        return Check(name, True, finding, figures={"smallest": smallest})
    return Check(name, False, "; ".join(findings), " ".join(dict.fromkeys(remedies)))


def _weakest(matrix: Array, variables: tuple[str, ...]) -> tuple[float, list[str]]:
    """Smallest eigenvalue with the diagonal scaled to ±1 (or 0), and the variables it is about."""
    scale = np.sqrt(np.abs(np.diagonal(matrix)))
    scale = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    weights = np.abs(vectors[:, 0])
    return float(values[0]), [v for v, w in zip(variables, weights, strict=True) if w > 0.3 * weights.max()]


def items(found: Fit) -> Check:
    """Items of the sample that hardly differ from each other or from a sum of others."""
    findings, names, smallest = [], found.moments.names, np.inf
    for g, S in enumerate(found.moments.cov):
        sd = np.sqrt(np.diagonal(S))
        R = S / np.outer(sd, sd)
        row, col = np.nonzero(np.tril(np.abs(R) > TWINS, -1))
        twins = [f"{names[j]} and {names[i]} (r = {R[i, j]:.2f})" for i, j in zip(row, col, strict=True)]
        value, involved = _weakest(R, names)
        smallest = min(smallest, value)
        if twins:
            findings.append(f"almost the same{_in_group(found, g)}: {listed(twins)}")
        elif value < COLLINEAR:
            findings.append(f"almost a sum of each other{_in_group(found, g)}: {listed(involved)}")
    if not findings:
        finding = f"no two are nearly the same (smallest eigenvalue of the correlations {smallest:.3g})"
        return Check("items", True, finding, figures={"smallest": smallest})
    return Check("items", False, "; ".join(findings), "Leave one of them out, or use their mean.")


def answers(found: Fit) -> Check:
    """Combinations of answers to ordinal items that nobody gave."""
    findings, sparse, names = [], [], found.moments.names
    for g, group in enumerate(found.moments.ordinal):
        for i, j in zip(*np.nonzero(np.tril(~group.inside, -1)), strict=True):
            findings.append(f"{names[j]} and {names[i]}{_in_group(found, g)} have no correlation short of ±1")
        if not isinstance(group, OrdinalMoments):
            continue
        total = group.empty_cells.sum(axis=0)
        worst = int(total.argmax())
        if total[worst]:
            sparse.append(f"{int(total.sum()) // 2}{_in_group(found, g)}, most with {names[worst]}")
    if findings:
        return Check("answers", False, listed(findings), "Join rare answers of these items, or leave one item out.")
    if sparse:
        return Check("answers", True, f"pairs of answers that nobody gave: {'; '.join(sparse)}")
    return Check("answers", True, "every pair of answers was given")
