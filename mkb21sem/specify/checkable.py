"""What a plan's words on exclusions and criteria of fit say in a form that a program can check; the rest is words."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

EVERYBODY = "none but those who were not asked the model's questions"
"""Exclusions where none are planned."""
NOBODY = {EVERYBODY, "none", "no one", "nobody", "geen", "niemand"}
RELATIONS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "≠": operator.ne,
    "≥": operator.ge,
    "≤": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
SPELLED = {
    name: sign
    for sign, names in {
        "=": ("==",),
        "≠": ("!=",),
        "≥": (">=", "at least", "of at least", "minstens", "ten minste"),
        "≤": ("<=", "at most", "of at most", "hoogstens", "ten hoogste", "hooguit"),
        ">": ("above", "over", "boven"),
        "<": ("below", "under", "onder"),
    }.items()
    for name in names
}
INDICES = {"CFI": "cfi", "TLI": "tli", "NNFI": "tli", "RMSEA": "rmsea", "SRMR": "srmr"}

_RELATION = "|".join(map(re.escape, sorted((*RELATIONS, *SPELLED), key=len, reverse=True)))
_NUMBER = r"-?(?:\d+(?:[.,]\d+)?|[.,]\d+)"
_EXCLUSION = re.compile(rf"(\w+)\s*({_RELATION})\s*({_NUMBER})")
_CRITERION = re.compile(rf"\b({'|'.join(INDICES)})\s*({_RELATION})\s*({_NUMBER})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """A comparison with a number: ``ZZP = 1``, ``CFI ≥ .95``.

    Attributes
    ----------
    name
        A question or derived variable; or an index of fit, in lower case.
    relation
        One of `RELATIONS`.
    value
        What it is compared with.
    said
        As it stands in the plan.
    """

    name: str
    relation: str
    value: float
    said: str

    def holds(self, found: float) -> bool:
        """Whether it holds for a number; never for NaN."""
        return found == found and RELATIONS[self.relation](found, self.value)


@dataclass(frozen=True, slots=True)
class Stated:
    """A text of a plan, taken apart.

    Attributes
    ----------
    rules
        What can be checked.
    words
        What can't.
    nobody
        Whether it says that no one is left out.
    """

    rules: tuple[Rule, ...]
    words: tuple[str, ...]
    nobody: bool = False


def exclusions(text: str) -> Stated:
    """Planned exclusions: ``ZZP = 1; OMG06 > 8`` are rules, one between semicolons each; anything else is words."""
    if text.strip().rstrip(".").lower() in NOBODY:
        return Stated((), (), nobody=True)
    parts = [part.strip() for part in text.split(";") if part.strip(" .")]
    matched = [(part, _EXCLUSION.fullmatch(part.rstrip("."))) for part in parts]
    rules = tuple(_rule(found, found[1]) for _, found in matched if found)
    return Stated(rules, tuple(part for part, found in matched if not found))


def criteria(text: str) -> Stated:
    """Planned criteria of fit: CFI, TLI, RMSEA and SRMR beside a number are rules, wherever they stand in the text.

    Where anything else is said, the whole text counts as words besides: "CFI at least .95, or .90 with few respondents"
    is checked against .95, and is shown as it was written.
    """
    rules = tuple(_rule(found, INDICES[found[1].upper()]) for found in _CRITERION.finditer(text))
    rest = re.sub(r"\b(?:and|en)\b|[^\w]", "", _CRITERION.sub("", text), flags=re.IGNORECASE)
    unnamed = text.strip() in ("", "none named")
    return Stated(rules, () if not rest or unnamed else (text.strip(),))


def _rule(found: re.Match[str], name: str) -> Rule:
    relation = found[2].lower()
    return Rule(name, SPELLED.get(relation, relation), float(found[3].replace(",", ".")), found[0])
