import numpy as np
import pytest
from semopy.examples import holzinger39, political_democracy

from mkb21sem import Model, fit
from mkb21sem.estimate.secondopinion import TOLERANCE, second_opinion
from mkb21sem.specify.model import shipped
from mkb21sem.survey.synthetic import synthetic_wave

THREE = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


@pytest.mark.parametrize("name", shipped())
def test_semopy_agrees_on_every_shipped_model(name):
    found = fit(Model.read(name), synthetic_wave())
    opinion = second_opinion(found)
    assert opinion.reason == ""
    assert len(opinion.estimates) == found.layout.k
    assert opinion.largest < TOLERANCE
    assert opinion.chisq_semopy == pytest.approx(found.test.chisq, rel=1e-6)


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_it_does_not_depend_on_the_scale_of_the_items(scale):
    """semopy alone gives a wrong χ² when the items are multiplied by 100 or 0.01."""
    rows = holzinger39.get_data()
    rows[[f"x{i}" for i in range(1, 10)]] *= scale
    opinion = second_opinion(fit(Model.parse(THREE), rows))
    assert opinion.chisq == pytest.approx(85.305522, abs=1e-6)
    assert opinion.chisq_semopy == pytest.approx(85.305522, abs=1e-5)


def test_equal_labels():
    spec = THREE.replace("x5 + x6", "a*x5 + a*x6")
    opinion = second_opinion(fit(Model.parse(spec), holzinger39.get_data()))
    assert opinion.agrees


def test_a_wrong_estimate_is_noticed():
    from dataclasses import replace

    found = fit(Model.parse(political_democracy.get_model()), political_democracy.get_data())
    cells = found.cells.copy()
    free = np.flatnonzero([row.free for row in found.layout.rows])
    cells[0, free[0]] += 0.1
    assert not second_opinion(replace(found, cells=cells)).agrees


@pytest.mark.parametrize("estimator", ["MLM", "MLR", "MLMV"])
def test_robust_estimators_have_the_estimates_of_maximum_likelihood(estimator):
    opinion = second_opinion(fit(Model.parse(THREE), holzinger39.get_data(), estimator))
    assert opinion.agrees
    assert opinion.chisq_semopy == pytest.approx(85.305522, abs=1e-5)


SILENT = {
    "least squares": ({"estimator": "GLS"}, "maximum likelihood on the complete"),
    "weights": ({"estimator": "MLR", "weights": "w"}, "unweighted rows of one group"),
    "groups": ({"group": "school"}, "rows of one group only"),
    "incomplete rows": ({"estimator": "MLR", "missing": "fiml"}, "incomplete ones as well"),
    "means": ({"meanstructure": True}, "intercepts"),
}


@pytest.mark.parametrize("name", SILENT)
def test_it_says_why_it_is_silent(name):
    options, words = SILENT[name]
    rows = holzinger39.get_data().assign(w=1.0)
    rows.loc[rows.index[0], "x1"] = np.nan
    opinion = second_opinion(fit(Model.parse(THREE), rows, **options))
    assert not opinion.agrees
    assert words in opinion.reason


def test_a_construct_with_only_labelled_loadings():
    """semopy alone looks for its starting values for ever."""
    spec = "v =~ a*x1 + b*x2 + c*x3\nv ~~ 1*v\nt =~ x4 + x5 + x6"
    assert second_opinion(fit(Model.parse(spec), holzinger39.get_data())).agrees
