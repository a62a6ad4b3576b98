"""Models that are large, deep or look like something else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mkb21sem import FitError, Model, SpecError, fit
from tests.hostile.specs import sample

LINES = 10_000
LONG = {
    "constructs": ("\n".join(f"f{i} =~ a{i} + b{i} + c{i}" for i in range(LINES)), 3 * LINES),
    "items of one construct": ("\n".join(f"f =~ a{i}" for i in range(LINES)), LINES),
    "a chain": ("\n".join(f"a{i + 1} ~ a{i}" for i in range(LINES)), LINES + 1),
    "a ring": ("\n".join(f"a{(i + 1) % LINES} ~ a{i}" for i in range(LINES)), LINES),
    "constructs of constructs": ("\n".join(f"f{i} =~ f{i + 1} + x{i}" for i in range(LINES)), LINES + 1),
}


@pytest.mark.parametrize("name", LONG)
def test_a_spec_of_ten_thousand_lines_is_read_and_not_fitted(name):
    text, p = LONG[name]
    model = Model.parse(text)
    assert len(model.observed) == p
    table = pd.DataFrame(np.zeros((2, p)), columns=list(model.observed))
    with pytest.raises(FitError, match=rf"the model has {p} observed variables and .* GB of memory"):
        fit(model, table)


def test_ten_thousand_lines_of_comment_are_no_matter():
    text = "f =~ x1 + x2 + x3 + x4"
    assert Model.parse("# niets\n" * LINES + text) == Model.parse(text)


@pytest.mark.parametrize("depth", [10, 90, 5_000, 100_000])
def test_parentheses_in_parentheses(depth):
    """A few are read as one; more than Python's grammar takes are refused, never a stack that overflows."""
    spec = f"f =~ x1 + a*x2 + x3 + x4\nCONSTRAINT({'(' * depth}a{')' * depth} = 1)"
    if depth <= 90:
        assert fit(Model.parse(spec), sample()).table().query("label == 'a'")["est"].tolist() == [1.0]
        return
    with pytest.raises(SpecError, match="only sums of labels times numbers are supported"):
        Model.parse(spec)


@pytest.mark.parametrize("terms", [3_000])
def test_a_sum_of_thousands_of_terms(terms):
    with pytest.raises(SpecError, match="only sums of labels"):
        Model.parse(f"f =~ x1 + a*x2 + x3\nCONSTRAINT(a = {' + '.join(['1'] * terms)})")


@pytest.mark.parametrize("label", ["na", "Na", "nan", "NaN", "inf", "Inf"])
def test_na_in_small_letters_is_no_label_that_makes_arrows_equal(label):
    with pytest.raises(SpecError, match=rf"line 1: `{label}` is no label: a free arrow is written `NA\*x1`"):
        Model.parse(f"f =~ {label}*x1 + {label}*x2 + x3")


def test_names_of_many_alphabets_and_places_are_names():
    model = Model.parse("コン =~ été1 + straße_2 + Ωmega.3 + x4")
    table = sample().rename(columns={"x1": "été1", "x2": "straße_2", "x3": "Ωmega.3"})
    plainly = fit(Model.parse("f =~ x1 + x2 + x3 + x4"), sample())
    np.testing.assert_array_equal(fit(model, table).theta, plainly.theta)
