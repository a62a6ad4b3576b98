"""Linear constraints between labelled parameters: ``CONSTRAINT(a = 2*b + 1)`` as one row of R x = q."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import numpy as np

from mkb21sem.errors import SpecError
from mkb21sem.linalg import Array

Affine = tuple[dict[str, float], float]


def linear(text: str) -> Affine:
    """Coefficients and constant of ``left - right`` for a constraint ``left = right``.

    Raises
    ------
    SpecError
        Not an equation, or not linear in the labels.
    """
    sides = text.replace("==", "=").split("=")
    if len(sides) != 2 or any(mark in text for mark in "<>"):
        raise SpecError(
            f"CONSTRAINT({text}): one equation such as `a = 2*b` is expected; inequalities are not supported."
        )
    try:
        left, right = (_affine(ast.parse(side.strip(), mode="eval").body) for side in sides)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError) as error:
        raise SpecError(
            f"CONSTRAINT({text}): only sums of labels times numbers are supported, such as `a = 2*b + 1` ({error})."
        ) from error
    return _add(left, right, -1.0)


def _affine(node: ast.expr) -> Affine:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool) and abs(number) < 1e300:
            return {}, float(number)
        case ast.Name() | ast.Attribute():
            return {ast.unparse(node): 1.0}, 0.0
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return _add(({}, 0.0), _affine(inner), -1.0)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _affine(inner)
        case ast.BinOp(left=one, op=ast.Add() | ast.Sub() as op, right=other):
            return _add(_affine(one), _affine(other), 1.0 if isinstance(op, ast.Add) else -1.0)
        case ast.BinOp(left=one, op=ast.Mult(), right=other):
            first, second = _affine(one), _affine(other)
            if first[0] and second[0]:
                raise ValueError("a product of two labels")
            return _add(({}, 0.0), second, first[1]) if not first[0] else _add(({}, 0.0), first, second[1])
        case ast.BinOp(left=one, op=ast.Div(), right=other):
            below = _affine(other)
            if below[0]:
                raise ValueError("a label below a fraction bar")
            return _add(({}, 0.0), _affine(one), 1.0 / below[1])
    raise ValueError(f"`{ast.unparse(node)}`")


def _add(one: Affine, other: Affine, times: float) -> Affine:
    coefficients = dict(one[0])
    for label, value in other[0].items():
        coefficients[label] = coefficients.get(label, 0.0) + times * value
    return coefficients, one[1] + times * other[1]


def solve(rows: Sequence[tuple[Array, float]], m: int) -> tuple[Array, Array]:
    """All solutions of R x = q as x = K θ + a, where θ are the entries of x that no row determines.

    Parameters
    ----------
    rows
        Each a coefficient vector (m,) and a right side.
    m
        Length of x.

    Returns
    -------
    K : (m, k)
    a : (m,)

    Raises
    ------
    SpecError
        The equations contradict each other.
    """
    R = np.array([np.append(row, q) for row, q in rows]).reshape(-1, m + 1)
    pivots: list[int] = []
    for i in range(len(R)):
        rest = np.abs(R[i:, :m])
        if rest.size == 0 or rest.max() < 1e-12:
            break
        # The last label of the row is the one expressed in the others: earlier parameters stay free.
        column = int(np.flatnonzero(rest.max(axis=0) > 1e-12)[-1])
        best = i + int(rest[:, column].argmax())
        R[[i, best]] = R[[best, i]]
        R[i] /= R[i, column]
        others = np.arange(len(R)) != i
        R[others] -= np.outer(R[others, column], R[i])
        pivots.append(column)
    if np.any(np.abs(R[len(pivots) :, m]) > 1e-10):
        raise SpecError("the CONSTRAINT lines contradict each other; remove one of them.")
    left = [j for j in range(m) if j not in pivots]
    K = np.zeros((m, len(left)))
    K[left, range(len(left))] = 1.0
    a = np.zeros(m)
    for i, column in enumerate(pivots):
        K[column] = -R[i, left]
        a[column] = R[i, m]
    return K, a
