"""`fuzzing.md`: what came of the hostile inputs."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Sequence

from mkb21sem.report.results import software
from tests.hostile.case import HALF, HANG, HARSH, REFUSED, RIGHT, SILENT, TRACEBACK, VAGUE, Outcome
from tests.hostile.cases import KINDS

HEADS = {
    RIGHT: "right result",
    REFUSED: "refused with a message",
    TRACEBACK: "traceback",
    HANG: "hang",
    SILENT: "silent success",
    HALF: "half-written",
    VAGUE: "unclear message",
    HARSH: "good input refused",
}
WORDS = {
    RIGHT: "good input in another dress, so that a right result is known",
    REFUSED: "planted wrong input, which must not succeed",
    "either": "random mutation: right or refused, and what is accepted is checked by other means",
    "": "the process ended before it said",
}


def page(found: Sequence[Outcome], seed: int) -> str:
    """The report in Markdown."""
    planted = sum(outcome.expects == REFUSED for outcome in found)
    counts = Counter(outcome.verdict for outcome in found)
    lines = [
        "# Hostile input",
        "",
        f"{len(found):,} generated inputs, seed {seed}: {counts[TRACEBACK]} tracebacks, {counts[HANG]} hangs (over "
        f"60 s of processor time), {counts[SILENT]} silent successes ({planted:,} of the inputs were planted to be "
        f"wrong), {counts[HALF]} half-written outputs.",
        "",
        "Made by `make fuzz`; one case again: `python -m benchmarks.fuzz wave 17`. A few hundred of them run in "
        "`make test` (`tests/hostile/test_fuzz.py`), with the cases by name beside them. Every case runs in an empty "
        "folder, in a process with 6 GB of memory that may die or be stopped without ending the run.",
        "",
        "## By kind",
        "",
        _table(found, "kind", {kind: f"{words} (`{kind}`)" for kind, (_, _, words) in KINDS.items()}),
        "",
        "## By what was expected",
        "",
        _table(found, "expects", WORDS),
        "",
        "What counts as right: a dressed-up wave has the good wave's answers, respondent by respondent; an accepted"
        " file with spoiled bytes holds what pandas finds in it (text) or the good answers (Excel); an accepted "
        "model holds the arrows that another, cruder reader cuts out of its text, and is what its own text says; a "
        "fit that converged has a zero gradient, a Hessian without a negative eigenvalue and finite numbers; a "
        "sample in other units or another order has the same standardised solution and χ²; stored results that are "
        "called the same are the same. A refusal has to name the file, the option or the item. After a refusal the "
        "folder holds what it held before.",
        "",
        _failures(found),
        "## The slowest",
        "",
        *[
            f"- {outcome.seconds:.1f} s: `{outcome.kind} {outcome.number}` ({outcome.what}), {HEADS[outcome.verdict]}"
            for outcome in sorted(found, key=lambda each: -each.seconds)[:5]
        ],
        "",
        "## Versions",
        "",
        ", ".join(f"{name} {version}" for name, version in software().items()) + f"; {platform.platform()}.",
        "",
    ]
    return "\n".join(line for line in lines if line is not None)


def _table(found: Sequence[Outcome], by: str, words: dict[str, str]) -> str:
    shown = [verdict for verdict in HEADS if verdict in GOOD_AND_BAD or any(o.verdict == verdict for o in found)]
    rows = [
        f"| {by} | cases | {' | '.join(HEADS[verdict] for verdict in shown)} |",
        "|---|" + "--:|" * (len(shown) + 1),
    ]
    for key, name in words.items():
        own = Counter(outcome.verdict for outcome in found if getattr(outcome, by) == key)
        if own:
            rows.append(f"| {name} | {own.total():,} | {' | '.join(f'{own[verdict]:,}' for verdict in shown)} |")
    return "\n".join(rows)


GOOD_AND_BAD = (RIGHT, REFUSED, TRACEBACK, HANG, SILENT, HALF)


def _failures(found: Sequence[Outcome]) -> str:
    bad = [outcome for outcome in found if not outcome.good]
    if not bad:
        return ""
    lines = [
        f"- `{outcome.kind} {outcome.number}` ({outcome.what}): {HEADS[outcome.verdict]}. "
        f"`{' '.join(outcome.said.split())[-200:]}`"
        for outcome in bad[:50]
    ]
    return "\n".join(["## What may not happen", "", *lines, "", ""])
