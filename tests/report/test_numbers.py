import math

import pytest

from mkb21sem.report import numbers

NAN = float("nan")


@pytest.mark.parametrize(
    ("x", "places", "english", "dutch"),
    [
        (0.325, 2, "0.33", "0,33"),
        (-1.5, 2, "−1.50", "−1,50"),
        (-0.0004, 2, "0.00", "0,00"),
        (1234.5, 1, "1,234.5", "1.234,5"),
        (NAN, 2, "–", "–"),
        (math.inf, 2, "∞", "∞"),
        (-math.inf, 2, "−∞", "−∞"),
        (256, 0, "256", "256"),
    ],
)
def test_number(x, places, english, dutch):
    assert numbers.number(x, places) == english
    assert numbers.number(x, places, "nl") == dutch


@pytest.mark.parametrize(
    ("x", "places", "english", "dutch"),
    [
        (0.944, 3, ".944", ",944"),
        (-0.05, 2, "−.05", "−,05"),
        (0.9999, 2, "1.00", "1,00"),
        (-0.001, 2, ".00", ",00"),
        (1.02, 2, "1.02", "1,02"),
        (NAN, 2, "–", "–"),
    ],
)
def test_bounded_has_no_leading_zero(x, places, english, dutch):
    assert numbers.bounded(x, places) == english
    assert numbers.bounded(x, places, "nl") == dutch


@pytest.mark.parametrize(
    ("p", "shown", "said"),
    [
        (0.0321, ".032", "= .032"),
        (0.00099, "< .001", "< .001"),
        (0.001, ".001", "= .001"),
        (0.99999, "> .999", "> .999"),
        (0.0, "< .001", "< .001"),
        (NAN, "–", "= –"),
    ],
)
def test_p_value(p, shown, said):
    assert numbers.p_value(p) == shown
    assert numbers.equals_p(p) == said
    assert numbers.p_value(p, "nl") == shown.replace(".", ",")


def test_interval_parts_its_ends_by_what_is_no_decimal_mark():
    assert numbers.interval(-0.1, 0.2, numbers.bounded) == "[−.10, .20]"
    assert numbers.interval(-0.1, 0.2, numbers.number, 1, "nl") == "[−0,1; 0,2]"
    assert numbers.interval(NAN, NAN) == "–"


def test_percent():
    assert numbers.percent(0.6154) == "62%"
    assert numbers.percent(0.00637, 1, "nl") == "0,6%"
    assert numbers.percent(NAN) == "–"
