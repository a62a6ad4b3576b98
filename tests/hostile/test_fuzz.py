"""A few hundred of the generated hostile inputs; `make fuzz` runs ten thousand."""

from __future__ import annotations

import logging

import pytest

from benchmarks.fuzz_page import page
from tests.hostile.case import HALF, RIGHT, SILENT, TRACEBACK, Case, command, judged
from tests.hostile.cases import KINDS, make, plan_of

CASES = 250
"""In a run of the tests; of the slow kinds a few."""


def numbers(kind: str) -> range:
    return range(max(round(CASES * KINDS[kind][1]), 4))


@pytest.fixture(autouse=True)
def quiet():
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_inputs_are_read_right_or_refused(kind, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    outcomes = [judged(make(kind, number)) for number in numbers(kind)]
    assert [outcome for outcome in outcomes if not outcome.good] == []


def test_a_case_is_the_same_whenever_it_is_made():
    for kind in ("wave", "spec", "codebook", "hypotheses"):
        assert make(kind, 5).files == make(kind, 5).files
        assert make(kind, 5).files != make(kind, 6).files


def test_the_judge_sees_what_may_not_happen(tmp_path, monkeypatch):
    """A fault, a wrong number and a file left behind are told from a right result."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").mkdir()

    def leaves() -> None:
        open("half.csv", "w").close()

    cases = {
        TRACEBACK: Case("k", 0, "", RIGHT, lambda: 1 / 0),
        SILENT: Case("k", 1, "", RIGHT, lambda: 3, wrong=lambda found: "three"),
        HALF: Case("k", 2, "", RIGHT, leaves),
        RIGHT: Case("k", 3, "", RIGHT, leaves, makes=("half.csv",)),
        "vague": Case("k", 4, "", "refused", command("survey", "nee.csv"), says=("what it doesn't say",)),
        "harsh": Case("k", 5, "", RIGHT, command("survey", "nee.csv")),
    }
    outcomes = {verdict: judged(case) for verdict, case in cases.items()}
    assert {verdict: outcome.verdict for verdict, outcome in outcomes.items()} == {each: each for each in cases}
    report = page(list(outcomes.values()), 1)
    assert "6 generated inputs, seed 1: 1 tracebacks, 0 hangs" in report
    assert "`k 1` (): silent success. `three`" in report


def test_a_run_has_every_kind_and_ten_thousand_cases():
    planned = list(plan_of(10_000))
    assert len(planned) == len(set(planned)) == 10_000
    assert {kind for kind, _ in planned} == set(KINDS)
