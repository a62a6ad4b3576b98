"""No number of the main results has changed since it was stored; one that has is named, with its old and new value."""

from __future__ import annotations

import math

import pandas as pd

from tests.drift.results import KEYS, STORED, stored, table

RTOL = 1e-6
"""Minimisers stop nearer than that; libraries and processors differ by less."""
ATOL = 1e-8
ABSENT = "absent"
MOST = 40
"""Changes that are named."""


def changes(before: pd.DataFrame, now: pd.DataFrame) -> list[str]:
    """Every name whose value is another, is new, or is gone."""
    both = before.merge(now, on=list(KEYS), how="outer", suffixes=("_old", "_new"), sort=False)
    said = []
    for row in both.to_dict("records"):
        old, new = (row[key] if isinstance(row[key], str) else ABSENT for key in ("value_old", "value_new"))
        if not same(old, new):
            named = ", ".join(str(row[key]) for key in KEYS if row[key])
            said.append(f"{named}: was {old}, is {new}" + apart(old, new))
    return said


def same(old: str, new: str) -> bool:
    """Whether two values are the same: words exactly, numbers within the tolerance; what is absent is not."""
    if ABSENT in (old, new):
        return False
    if old == new:
        return True
    try:
        return math.isclose(float(old), float(new), rel_tol=RTOL, abs_tol=ATOL)
    except ValueError:
        return False


def apart(old: str, new: str) -> str:
    """How far two numbers are from each other; nothing of words."""
    try:
        return f" (by {abs(float(new) - float(old)):.2g})"
    except ValueError:
        return ""


def test_no_main_result_has_changed():
    said = changes(stored(), table())
    shown = "\n  ".join(said[:MOST]) + (f"\n  and {len(said) - MOST} more" if len(said) > MOST else "")
    assert not said, (
        f"{len(said)} main results are not what {STORED.name} holds:\n  {shown}\n"
        "If they are meant to change: `make drift`, and say which in CHANGELOG.md under changed numbers."
    )


def test_a_changed_a_new_and_a_lost_number_are_named():
    before = stored().head(5)
    now = before.copy()
    now.loc[0, "value"] = repr(float(now.loc[0, "value"]) * (1 + 2 * RTOL))
    now.loc[1, "name"] = "another"
    said = changes(before, now)
    assert len(said) == 3
    name, old = before.loc[0, "name"], before.loc[0, "value"]
    assert f"{name}: was {old}, is {now.loc[0, 'value']}" in said[0]
    assert sum("is absent" in line for line in said) == 1
    assert sum("was absent" in line for line in said) == 1
    assert not changes(before, before)


def test_the_stored_numbers_say_what_they_were_made_with():
    first = STORED.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# Python 3")
    assert "scipy" in first
    assert {"ML", "MLR", "FIML", "WLSMV"} <= set(stored()["estimator"])
