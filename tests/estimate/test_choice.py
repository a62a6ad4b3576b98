from dataclasses import replace

import numpy as np
import pytest

from mkb21sem.errors import OptionError
from mkb21sem.estimate.choice import choose
from mkb21sem.estimate.fit import fit
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave

REPUTATION = Model.parse("REP =~ REP01 + REP02 + REP03 + REP04\nREP ~ OMV01 + MKT02", name="reputation")


@pytest.fixture(scope="module")
def wave():
    return synthetic_wave()


def changed(wave, item, values):
    """The wave with the answers of the users to one item replaced, in turn, by the given ones."""
    answers = wave.answers.copy()
    asked = answers.index[answers[item] != -7]
    answers.loc[asked, item] = np.resize(values, len(asked))
    return Wave.of(answers, name="changed")


def test_the_reference_wave_gets_robust_maximum_likelihood(wave):
    choice = choose(Model.read("mkb21"), wave)
    assert (choice.estimator, choice.missing, choice.alternative, choice.reason) == (
        "MLR",
        "listwise",
        "WLSMV",
        "symmetric",
    )
    assert len(choice.items) == 13
    assert choice.categories == 5
    assert choice.skewest == "CUL04"
    assert choice.skewness == pytest.approx(-0.456, abs=1e-3)
    assert {"OMV01", "MKT02"} <= set(choice.ordered)
    assert not {"OMV01", "MKT02"} & set(choice.items)
    assert "ordered" not in choice.options
    assert choice.beside["ordered"] == choice.ordered


def test_a_two_valued_cause_does_not_ask_for_the_ordinal_estimator(wave):
    choice = choose(REPUTATION, wave)
    assert choice.estimator == "MLR"
    assert choice.items == ("REP01", "REP02", "REP03", "REP04")


def test_a_badly_skewed_item_asks_for_the_ordinal_estimator(wave):
    skewed = changed(wave, "REP02", [5] * 36 + [4, 3, 2, 1])
    choice = choose(REPUTATION, skewed)
    answers = skewed.frame(["REP02"])["REP02"]
    by_hand = ((answers - answers.mean()) ** 3).mean() / answers.var(ddof=0) ** 1.5
    assert by_hand < -2
    assert (choice.estimator, choice.alternative, choice.reason) == ("WLSMV", "MLR", "skewed")
    assert choice.skewest == "REP02"
    assert choice.skewness == pytest.approx(by_hand)
    assert choice.options["ordered"] == ("REP01", "REP02", "REP03", "REP04", "OMV01", "MKT02")


def test_an_item_skewed_less_than_that_does_not(wave):
    choice = choose(REPUTATION, changed(wave, "REP02", [5, 5, 5, 5, 5, 5, 4, 3, 2, 1]))
    assert 1 < abs(choice.skewness) < 2
    assert choice.estimator == "MLR"


def test_four_answers_in_use_ask_for_the_ordinal_estimator(wave):
    choice = choose(REPUTATION, changed(wave, "REP03", [2, 3, 4, 5]))
    assert (choice.estimator, choice.reason) == ("WLSMV", "few")
    assert (choice.fewest, choice.categories) == ("REP03", 4)


@pytest.mark.parametrize(("code", "estimator", "missing"), [(-8, "MLR", "fiml"), (-9, "MLR", "fiml")])
def test_missing_answers_are_used_by_both(wave, code, estimator, missing):
    answers = wave.answers.copy()
    answers.loc[wave.users[wave.users].index[:7], "REP01"] = code
    choice = choose(REPUTATION, Wave.of(answers, name="holes"))
    assert (choice.estimator, choice.missing, choice.alternative_missing) == (estimator, missing, "pairwise")
    assert choice.incomplete == 7


def test_what_was_not_asked_is_never_missing(wave):
    asked = wave.frame(["REP01", "MOT01"])
    assert len(asked) < wave.n
    model = Model.parse("MOT =~ MOT01 + MOT02 + MOT04\nREP =~ REP01 + REP02 + REP03\nREP ~ MOT")
    choice = choose(model, wave)
    assert (choice.incomplete, choice.missing, choice.alternative_missing) == (0, "listwise", "listwise")
    assert fit(model, wave, **choice.options).moments.total == len(asked)


def test_without_ordinal_items_there_is_nothing_to_put_beside(wave):
    model = Model.parse("INTENS ~ BREEDTE\nTOE_M ~ INTENS")
    choice = choose(model, wave)
    assert (choice.estimator, choice.alternative, choice.reason, choice.ordered) == ("MLR", "", "none", ())


def test_the_spec_may_call_other_variables_ordinal(wave):
    model = Model.parse("REP =~ REP01 + REP02 + REP03\nREP ~ BREEDTE\nDEFINE(ordinal) REP01 REP02 REP03")
    assert choose(model, wave).items == ("REP01", "REP02", "REP03")


@pytest.mark.parametrize(
    ("estimator", "alternative"),
    [("ML", "WLSMV"), ("GLS", "WLSMV"), ("WLSMV", "MLR"), ("ULSMV", "MLR"), ("ULS", "MLR")],
)
def test_what_the_user_asks_for_is_taken_and_the_other_kind_put_beside(wave, estimator, alternative):
    choice = choose(REPUTATION, wave, estimator)
    assert (choice.estimator, choice.alternative, choice.reason) == (estimator, alternative, "asked")


def test_listwise_when_asked_for_holds_for_both(wave):
    answers = wave.answers.copy()
    answers.loc[wave.users[wave.users].index[:7], "REP01"] = -9
    holes = Wave.of(answers, name="holes")
    choice = choose(REPUTATION, holes, missing="listwise")
    assert (choice.missing, choice.alternative_missing) == ("listwise", "listwise")
    assert fit(REPUTATION, holes, **choice.options).moments.total == 249


def test_unknown_words(wave):
    with pytest.raises(OptionError, match="estimator must be auto, ML"):
        choose(REPUTATION, wave, "MLX")
    with pytest.raises(OptionError, match="missing must be auto, listwise"):
        choose(REPUTATION, wave, missing="impute")


def test_both_fit_the_reference_wave(wave):
    model = Model.read("mkb21")
    choice = choose(model, wave)
    for options in (choice.options, choice.beside):
        assert fit(model, wave, **options).converged
    assert replace(choice, alternative="MLR").beside == {"estimator": "MLR", "missing": "listwise"}
