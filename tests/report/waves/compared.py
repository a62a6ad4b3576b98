"""Small comparisons of every kind that the tests share, each made once."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from mkb21sem.infer.waves.ladder import Ladder, Step
from mkb21sem.report.waves.comparison import Comparison, comparison
from mkb21sem.specify.hypothesis import Hypothesis, for_model
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.synthetic_waves import synthetic_waves
from mkb21sem.survey.wave import Wave

MEASURED = "REP =~ REP01 + REP02 + REP03 + REP04 + REP05\nCUL =~ CUL01 + CUL02 + CUL03 + CUL04"
MIXED = "REP =~ REP01 + REP02 + CUL01 + CUL02 + OMG01\nINTENS ~ REP"
GROUPED = "REP =~ REP01 + REP02 + REP03 + REP04\nREP ~ INTENS"
THREE = "REP =~ REP01 + REP02 + REP03"


@lru_cache(maxsize=1)
def measured() -> Comparison:
    """A measurement model over the shipped waves: no hypotheses, and a construct whose mean changes."""
    return comparison(Model.parse(MEASURED, name="measured"), synthetic_waves(), ())


@lru_cache(maxsize=1)
def mixed() -> Comparison:
    """Items of several constructs as one, over the shipped waves: an effect that differs."""
    model = Model.parse(MIXED, name="mixed")
    return comparison(model, synthetic_waves(), for_model(model))


@lru_cache(maxsize=1)
def grouped() -> Comparison:
    """Two groups of one wave that measure alike."""
    model = Model.parse(GROUPED, name="grouped")
    return comparison(model, synthetic_wave(2012), for_model(model), "ZZP")


@lru_cache(maxsize=1)
def unlike() -> Comparison:
    """Groups of one wave of which the one answers two of three items higher, each by so much of its own."""
    model = Model.parse(THREE, name="three")
    wave = synthetic_wave(2012)
    answers = wave.answers.copy()
    first = wave.derived()["ZZP"].reindex(answers.index) == 1
    for item, by in (("REP02", 1), ("REP03", 2)):
        asked = first & (answers[item] > 0)
        answers.loc[asked, item] = (answers.loc[asked, item] + by).clip(upper=5)
    return comparison(model, Wave.of(answers, name="unlike"), (), "ZZP", ordinal=False)


@lru_cache(maxsize=1)
def unasked() -> Comparison:
    """A hypothesis on an arrow that the model lacks."""
    model = Model.parse(GROUPED, name="grouped")
    return comparison(model, synthetic_wave(2012), (Hypothesis("H9", "OMV01", "REP"),), "ZZP")


def stopped(of: Comparison, reason: str) -> Comparison:
    """The comparison, had the rung above the configural one had no estimates."""
    first, second, *others = of.ladder.steps
    steps = (first, Step(second.name, second.number, None, None, reason), *others)
    return replace(of, ladder=Ladder(of.ladder.plan, of.ladder.groups, steps, of.ladder.alpha))
