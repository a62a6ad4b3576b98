"""Every kind of hostile input, and how many of each are made in a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.hostile.binaries import spss, workbooks
from tests.hostile.case import Case
from tests.hostile.claims import hypotheses, plan, results
from tests.hostile.options import options
from tests.hostile.questions import codebook, mapping
from tests.hostile.samples import samples
from tests.hostile.specs import spec
from tests.hostile.waves import wave

KINDS: dict[str, tuple[Callable[[int, int], Case], float, str]] = {
    "wave": (wave, 0.22, "wave files of text"),
    "workbook": (workbooks, 0.11, "wave files of Excel"),
    "spss": (spss, 0.09, "wave files of SPSS"),
    "codebook": (codebook, 0.09, "codebooks"),
    "mapping": (mapping, 0.05, "mapping files"),
    "spec": (spec, 0.22, "models"),
    "hypotheses": (hypotheses, 0.08, "hypothesis files"),
    "plan": (plan, 0.05, "frozen plans"),
    "sample": (samples, 0.06, "samples, to fit"),
    "results": (results, 0.01, "stored results, to verify"),
    "options": (options, 0.02, "commands and options"),
}
"""How a case is made, its share of a run, and what it is in words."""


def plan_of(count: int) -> Iterator[tuple[str, int]]:
    """Kind and number of every case of a run, the slow kinds last."""
    for kind in KINDS:
        yield from ((kind, number) for number in range(round(count * KINDS[kind][1])))


def make(kind: str, number: int, seed: int = 2012) -> Case:
    """One case."""
    return KINDS[kind][0](number, seed)
