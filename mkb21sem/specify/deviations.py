"""What an analysis does otherwise than its frozen plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from mkb21sem.specify.declaration import Declaration
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.specify.parse import Arrow
from mkb21sem.specify.plan import Plan

RULED = ("exclusions", "criteria")
"""Declarations that a plan may hold among its rules."""
COMPARED = ("path", "sign", "family", "sesoi", "alpha")
"""What a hypothesis promises; its wording may be corrected."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something that was done otherwise than planned.

    Attributes
    ----------
    kind
        estimator, missing, intervals, draws, seed, option, exclusion, arrow added, arrow dropped, item
        dropped, covariance freed, arrow changed, operation, declaration; hypothesis or zero and added, dropped or
        changed.
    what
        Which.
    planned, done
        As frozen, and now; empty where there is none.
    """

    kind: str
    what: str
    planned: str
    done: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """Where the intervals of an analysis come from, to be held against the plan."""

    intervals: str
    draws: int
    seed: int


def deviations(
    plan: Plan,
    model: Model,
    hypotheses: Sequence[Hypothesis] | None = None,
    estimator: str | None = None,
    missing: str | None = None,
    *,
    zeros: Sequence[Hypothesis] | None = None,
    drawn: Drawn | None = None,
    study: Declaration | None = None,
    options: Mapping[str, object] | None = None,
) -> tuple[Deviation, ...]:
    """What an analysis does otherwise than its plan.

    Parameters
    ----------
    model
        That of the analysis.
    hypotheses, zeros
        Hypotheses and registered zeros, of an analysis that judges such; None otherwise.
    estimator, missing
        As they were asked for, ``auto`` for the rule; None where nothing is fitted.
    drawn, study
        Where intervals come from, and declarations, of an analysis that has such; None otherwise.
    options
        Choices that change a fit and that a plan does not make, such as groups and weights; empty ones are none.
    """
    given = {"estimator": estimator, "missing": missing}
    asked: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    if drawn is not None:
        asked |= {name: getattr(drawn, name) for name in ("intervals", "draws", "seed")}
    rules = {name: getattr(plan.rules, name) for name in asked}
    found = [
        Deviation(name, name, str(rules[name]), str(done))
        for name, done in asked.items()
        if rules[name] not in (None, "", done)
    ]
    tested = () if zeros is None else _of_hypotheses(plan.zeros, zeros, "zero")
    said = () if study is None else of_study(plan, study)
    claimed = () if hypotheses is None else _of_hypotheses(plan.hypotheses, hypotheses, "hypothesis")
    unplanned = _of_options(options or {})
    return (*found, *unplanned, *of_model(plan.model, model), *claimed, *tested, *said)


def _of_options(options: Mapping[str, object]) -> Iterator[Deviation]:
    for name, value in options.items():
        if value not in (None, "", (), False):
            shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
            yield Deviation("option", name, "not planned", shown)


def of_model(planned: Model, done: Model) -> Iterator[Deviation]:
    """Every arrow, value and constraint that one model has otherwise than the other."""
    before, now = ({_key(arrow): arrow for arrow in model.arrows} for model in (planned, done))
    for key in [key for key in before if key not in now]:
        kind = "item dropped" if before[key].op == "=~" else "arrow dropped"
        yield Deviation(kind, " ".join(key), "in the model", "")
    for key in [key for key in now if key not in before]:
        freed = now[key].op == "~~" and now[key].value is None
        yield Deviation("covariance freed" if freed else "arrow added", " ".join(key), "", "in the model")
    for key in [key for key in now if key in before]:
        was, is_now = (_modifier(arrows[key]) for arrows in (before, now))
        if was != is_now:
            yield Deviation("arrow changed", " ".join(key), was, is_now)
    old, new = (
        {f"{each.name}({', '.join(each.arguments)}) {' '.join(each.names)}" for each in m.operations}
        for m in (planned, done)
    )
    for text in sorted(old ^ new):
        yield Deviation("operation", text, "in the model" if text in old else "", "in the model" if text in new else "")


def _key(arrow: Arrow) -> tuple[str, str, str]:
    """An arrow without regard to the side on which a covariance was written."""
    ends = sorted((arrow.lhs, arrow.rhs)) if arrow.op == "~~" else (arrow.lhs, arrow.rhs)
    return ends[0], arrow.op, ends[1]


def _modifier(arrow: Arrow) -> str:
    if arrow.value is not None:
        return f"fixed at {arrow.value:g}"
    return f"free, equal to all `{arrow.label}`" if arrow.label else "free" if arrow.freed else "as by default"


def of_study(plan: Plan, done: Declaration) -> Iterator[Deviation]:
    """Every declaration that is worded otherwise than planned; of exclusions and criteria also those of the rules."""
    for field in fields(Declaration):
        was, is_now = getattr(plan.study, field.name), getattr(done, field.name)
        ruled = getattr(plan.rules, field.name) if field.name in RULED else ""
        if is_now != was and is_now != ruled and (was or (is_now and ruled)):
            yield Deviation("declaration", field.name, was or ruled, is_now or "none")


def _of_hypotheses(planned: Sequence[Hypothesis], done: Sequence[Hypothesis], kind: str) -> Iterator[Deviation]:
    before, now = ({claim.id: claim for claim in claims} for claims in (planned, done))
    for each in [each for each in before if each not in now]:
        yield Deviation(f"{kind} dropped", f"{each}: {before[each].path}", "registered", "")
    for each in [each for each in now if each not in before]:
        yield Deviation(f"{kind} added", f"{each}: {now[each].path}", "", "judged")
    for each in [each for each in now if each in before]:
        for name in COMPARED:
            was, is_now = (getattr(claims[each], name) for claims in (before, now))
            if was != is_now:
                yield Deviation(f"{kind} changed", f"{each}: {name}", str(was) or "none", str(is_now) or "none")
