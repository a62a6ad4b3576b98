"""What START, BOUND, CONSTRAINT and DEFINE lines ask, checked when the model is read."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from mkb21sem.errors import SpecError, closest
from mkb21sem.linalg import Array
from mkb21sem.specify.constraint import linear
from mkb21sem.specify.parse import Operation


def check(operation: Operation, observed: Collection[str], labels: Collection[str]) -> None:
    """Refuse an operation that can't be carried out, whatever the sample.

    Parameters
    ----------
    operation
        One line of the spec.
    observed, labels
        Observed variables and labels of the model.

    Raises
    ------
    SpecError
        Wrong arguments, or names that the model lacks.
    """
    if operation.name == "CONSTRAINT":
        _check_constraint(operation, labels)
        return
    if operation.name == "DEFINE" and operation.arguments != ("ordinal",):
        raise SpecError(f"{operation}: only DEFINE(ordinal) is known; a construct is defined by `=~`.")
    if operation.name in ("START", "BOUND"):
        numbers(operation)
    known, kind = (observed, "observed variable") if operation.name == "DEFINE" else (labels, "label")
    if not operation.names:
        raise SpecError(f"{operation}: behind the brackets at least one {kind} is expected.")
    for name in operation.names:
        if name not in known:
            raise SpecError(f"{operation}: `{name}` is no {kind} of this model.{closest(name, known)}")


def _check_constraint(operation: Operation, labels: Collection[str]) -> None:
    if operation.names:
        raise SpecError(f"{operation}: nothing is expected behind the brackets.")
    text = ", ".join(operation.arguments)
    for label in linear(text)[0]:
        if label not in labels:
            raise SpecError(f"{operation}: `{label}` is no label of this model.{closest(label, labels)}")


def numbers(operation: Operation) -> tuple[float, ...]:
    """The number of a START, the lower and the upper one of a BOUND.

    Raises
    ------
    SpecError
        Not numbers, too many or too few, or bounds in the wrong order.
    """
    try:
        found = tuple(float(argument) for argument in operation.arguments)
    except ValueError as error:
        raise SpecError(f"{operation}: numbers are expected between the brackets.") from error
    if len(found) != (1 if operation.name == "START" else 2):
        raise SpecError(f"{operation}: START takes one number, BOUND a lower and an upper one.")
    if operation.name == "START" and not math.isfinite(found[0]):
        raise SpecError(f"{operation}: a starting value must be a finite number.")
    if operation.name == "BOUND" and not found[0] < found[1]:
        raise SpecError(f"{operation}: the lower bound must be smaller than the upper one.")
    return found


def bounds(operations: Sequence[Operation], names: Sequence[str]) -> tuple[Array, Array, Array]:
    """Lower and upper bounds and starting values (k,) of the free parameters; infinite and NaN where unsaid.

    Raises
    ------
    SpecError
        A label that is no free parameter, because a constraint or the kind of item determines it.
    """
    lower, upper, start = np.full(len(names), -np.inf), np.full(len(names), np.inf), np.full(len(names), np.nan)
    for operation in operations:
        if operation.name not in ("START", "BOUND"):
            continue
        for name in operation.names:
            if name not in names:
                raise SpecError(
                    f"{operation}: `{name}` is not estimated by itself: it follows from other parameters, by a "
                    "CONSTRAINT or as the residual variance of an ordinal item. Name another label."
                )
            place = names.index(name)
            if operation.name == "START":
                start[place] = numbers(operation)[0]
            else:
                lower[place], upper[place] = numbers(operation)
    return lower, upper, start


def equation(operation: Operation, keys: dict[str, int]) -> tuple[Array, float]:
    """Coefficients (m,) and right side of a CONSTRAINT, over parameters numbered by `keys`.

    Raises
    ------
    SpecError
        A label that no free parameter has.
    """
    coefficients, constant = linear(", ".join(operation.arguments))
    row = np.zeros(len(keys))
    for label, value in coefficients.items():
        if label not in keys:
            raise SpecError(f"{operation}: no free parameter has the label `{label}`.{closest(label, keys)}")
        row[keys[label]] += value
    return row, -constant
