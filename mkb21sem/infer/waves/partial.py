"""Partial invariance, guided: release what a robust score test names, one item and wave at a time, and keep a log.

From rung to rung, up to the one that the question needs: the item and wave with the smallest p-value is released if its
false-discovery rate is below the limit, the rung is fitted again, and so on. At the end of a rung every release is held
again if its own test says that nothing is lost by it. An item released in a wave stays free there in the rungs above,
whose claims would make no sense for it. A construct keeps at least two common items between the first wave and any
other; a release that would break this is refused, and the log says so (Byrne, Shavelson & Muthén 1989).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from mkb21sem.errors import OptionError, one_of
from mkb21sem.estimate.fit import Fit, fit_layout
from mkb21sem.infer.waves.candidates import released_kinds, score_table
from mkb21sem.infer.waves.effectsize import differences
from mkb21sem.infer.waves.ladder import Ladder, climb, rung_difference
from mkb21sem.infer.waves.rungs import Plan
from mkb21sem.parallel import one_thread

FDR = 0.05
ANCHORS = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log.

    Attributes
    ----------
    number
        From 1.
    rung, action, item, wave
        What was done where: ``released``, ``held again`` or ``refused``.
    chisq, df, p, q
        The test behind it; q is NaN where it isn't one of a family.
    epc
        Change that the score test expected of the parameter that changes most.
    plan
        The plan after it.
    """

    number: int
    rung: str
    action: str
    item: str
    wave: str
    chisq: float
    df: int
    p: float
    q: float
    epc: float
    plan: Plan


@dataclass(frozen=True)
class Partial:
    """A ladder with released items, and how it came about.

    Attributes
    ----------
    ladder
        Climbed again with what was released.
    entries
        The log.
    start
        The ladder before.
    to
        The rung up to which items were looked for.
    complete
        Whether nothing that a test names is left held equal up to that rung.
    """

    ladder: Ladder
    entries: tuple[Entry, ...]
    start: Ladder
    to: str
    complete: bool

    @property
    def plan(self) -> Plan:
        """What is released."""
        return self.ladder.plan

    def log(self) -> pd.DataFrame:
        """Every step: number rung action item wave chisq df p q epc."""
        columns = ["number", "rung", "action", "item", "wave", "chisq", "df", "p", "q", "epc"]
        return pd.DataFrame([[getattr(each, name) for name in columns] for each in self.entries], columns=columns)

    def back(self, number: int) -> Partial:
        """As it stood after this many steps of the log; 0 takes everything back.

        Raises
        ------
        OptionError
            The log has fewer steps.
        """
        if not 0 <= number <= len(self.entries):
            raise OptionError(f"the log has {len(self.entries)} step(s); got {number}.")
        kept = self.entries[:number]
        plan = kept[-1].plan if kept else self.start.plan
        return replace(self, ladder=_again(self.start, plan), entries=kept, complete=False)

    def without(self, item: str, wave: str) -> Partial:
        """The same with one release taken back: the item is held equal in that wave again.

        Raises
        ------
        OptionError
            The item isn't released there.
        """
        one_of("wave", wave, self.plan.waves)
        place = (item, self.plan.waves.index(wave))
        if place not in self.plan.released:
            free = ", ".join(f"{name} in {self.plan.waves[g]}" for name, g in self.plan.released) or "nothing"
            raise OptionError(f"{item} is not released in {wave}; released: {free}.")
        plan = self.plan.hold(*place)
        return replace(self, ladder=_again(self.start, plan), complete=False)

    def freed(self) -> pd.DataFrame:
        """What is free at the end, and why.

        Returns
        -------
        DataFrame
            construct item wave rung parameters, the test that named it (chisq df p q), dmacs, item_difference,
            scale_difference, and ``follows``: kinds that are free in the rungs above because of it. Sizes are missing
            where the last rung has no estimates.
        """
        fit = self.ladder.steps[self.plan.rungs.index(self.to)].fit
        known = fit is not None and fit.converged and bool(self.plan.released)
        sizes = differences(self.plan, fit) if known and fit is not None else pd.DataFrame(columns=_SIZES)
        indicators = self.plan.model.indicators
        lines = []
        for (item, g), rung in self.plan.released.items():
            wave = self.plan.waves[g]
            why = next(e for e in reversed(self.entries) if (e.item, e.wave, e.action) == (item, wave, "released"))
            size = sizes[(sizes["item"] == item) & (sizes["wave"] == wave)].iloc[:1]
            above = [w for r in range(rung + 1, len(self.plan.rungs)) for w in released_kinds(self.plan, item, r)]
            lines.append(
                {
                    "construct": next(name for name, items in indicators.items() if item in items),
                    "item": item,
                    "wave": wave,
                    "rung": why.rung,
                    "parameters": ", ".join(released_kinds(self.plan, item, rung)),
                    **{name: getattr(why, name) for name in ("chisq", "df", "p", "q")},
                    **{name: float(size[name].sum(min_count=1)) for name in _SIZES[2:]},
                    "follows": ", ".join(above),
                }
            )
        return pd.DataFrame(lines, columns=None if lines else _FREED)


_SIZES = ["item", "wave", "dmacs", "item_difference", "scale_difference"]
_FREED = [
    *("construct", "item", "wave", "rung", "parameters", "chisq", "df", "p", "q"),
    *("dmacs", "item_difference", "scale_difference", "follows"),
]


def partial(ladder: Ladder, to: str | None = None, fdr: float = FDR, anchors: int = ANCHORS) -> Partial:
    """Release items in waves until no score test names one, up to a rung.

    Parameters
    ----------
    ladder
        From `invariance`.
    to
        The rung that the question needs; None takes the one on which latent means can be compared (scalar, or
        intercepts for ordinal items).
    fdr
        False-discovery rate among the items and waves of a rung.
    anchors
        Fewest items of a construct that stay common to the first wave and any other.

    Raises
    ------
    OptionError
        No such rung.
    FitError
        The configural rung has no estimates.
    """
    rungs = ladder.plan.rungs
    to = to or rungs[ladder.plan.number("intercepts")]
    one_of("to", to, rungs)
    search = _Search(ladder, fdr, anchors)
    for rung in range(1, rungs.index(to) + 1):
        search.rung(rung)
    # A release leaves the rungs below it as they were, so that every rung's last fit is one of the final plan.
    final = _again(ladder, search.plan, search.fits)
    return Partial(final, tuple(search.entries), ladder, to, search.complete)


def _again(ladder: Ladder, plan: Plan, known: Mapping[int, Fit] = MappingProxyType({})) -> Ladder:
    sample = ladder[plan.rungs[0]].moments
    return climb(plan, ladder.groups, sample, ladder.alpha, known)


class _Search:
    """The plan as it changes, and its log."""

    def __init__(self, ladder: Ladder, fdr: float, anchors: int) -> None:
        self.start, self.plan, self.fdr, self.anchors = ladder, ladder.plan, fdr, anchors
        self.fits: dict[int, Fit] = {0: ladder[ladder.plan.rungs[0]]}
        self.entries: list[Entry] = []
        self.complete = True

    def rung(self, rung: int) -> None:
        """Release what this rung can't hold, then hold again what it can."""
        settled: set[tuple[str, int]] = set()
        found = self._first(rung)
        while True:
            if not found.converged:
                self.complete = False
                return
            table = score_table(self.plan, rung, found, self.fdr)
            fresh = np.array([(line.item, line.wave) not in settled for line in table.itertuples()], dtype=bool)
            named = table[table["found"].astype(bool) & fresh] if len(table) else table
            if named.empty:
                break
            line = named.iloc[0]
            place = (str(line["item"]), int(line["wave"]))
            settled.add(place)
            if self._anchored(place, rung):
                self.plan = self.plan.release(*place, rung)
                self._log(rung, "released", place, line)
                found = self._fit(self.plan, rung, found)
            else:
                self.complete = False
                self._log(rung, "refused", place, line)
        self.fits[rung] = self._held(rung, found)

    def _first(self, rung: int) -> Fit:
        """The rung as it stands before anything is released on it: the ladder's own fit if nothing is below."""
        own = self.start.steps[rung].fit
        if self.plan.released == self.start.plan.released and own is not None:
            return own
        return self._fit(self.plan, rung, self.fits[max(self.fits)])

    def _held(self, rung: int, found: Fit) -> Fit:
        """Take back each release of this rung whose own test isn't significant, the least significant first."""
        while True:
            weakest: tuple[float, tuple[str, int], Fit, pd.Series[float]] | None = None
            for place in [place for place, since in self.plan.released.items() if since == rung]:
                tied = self._fit(self.plan.hold(*place), rung, found)
                if not tied.converged or tied.layout.df <= found.layout.df:
                    continue
                test = rung_difference(tied, found)
                if test.pvalue > self.start.alpha and (weakest is None or test.pvalue > weakest[0]):
                    facts = {"chisq": test.chisq, "df": test.df, "p": test.pvalue, "q": float("nan")}
                    weakest = (test.pvalue, place, tied, pd.Series({**facts, "epc": float("nan")}))
            if weakest is None:
                return found
            _, place, found, facts_of = weakest
            self.plan = self.plan.hold(*place)
            self._log(rung, "held again", place, facts_of)

    def _anchored(self, place: tuple[str, int], rung: int) -> bool:
        """Whether enough common items are left for every construct of the item, in every wave."""
        plan = self.plan.release(*place, rung)
        top = len(plan.rungs) - 1
        for items in plan.model.indicators.values():
            if place[0] not in items:
                continue
            for g in range(1, len(plan.waves)):
                common = [i for i in items if min(plan.level(i, 0, top), plan.level(i, g, top)) >= rung]
                if len(common) < min(self.anchors, len(items) - 1):
                    return False
        return True

    def _fit(self, plan: Plan, rung: int, before: Fit) -> Fit:
        with one_thread():
            return fit_layout(plan.layout(rung), before.estimator, before.moments, before)

    def _log(self, rung: int, action: str, place: tuple[str, int], line: pd.Series[float]) -> None:
        numbers = [float(line[name]) for name in ("chisq", "df", "p", "q", "epc")]
        self.entries.append(
            Entry(
                len(self.entries) + 1,
                self.plan.rungs[rung],
                action,
                place[0],
                self.plan.waves[place[1]],
                numbers[0],
                round(numbers[1]),
                numbers[2],
                numbers[3],
                numbers[4],
                self.plan,
            )
        )
