"""Derived variables on rows worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from mkb21sem.survey.derived import derive, use
from mkb21sem.survey.wave import Wave

NAN = np.nan
MEDIA = [f"GEB{i:02d}" for i in range(1, 11)]


def frequencies(*given):
    return pd.DataFrame([given], columns=MEDIA)


# 01 Twitter and 07 weblog BLOG; 02 Facebook, 03 LinkedIn, 04 Hyves and 06 Google+ SNET;
# 05 video and 08 photo CNTSHR; 09 forum none; 10 wiki WIKI.
USE = {
    "nothing": (
        (1,) * 10,
        {"USER": 0, "BREEDTE": 0, "INTENS": 1, "INTENS_MAX": 1, "EU_ANY": 0, "EU_ONE": 0, "EU_GE2": 0, "EU_SNET": 0},
    ),
    "Facebook weekly": (
        (1, 3, 1, 1, 1, 1, 1, 1, 1, 1),
        {
            "USER": 1,
            "ACT_GEB02": 1,
            "WKPLUS_GEB02": 1,
            "BREEDTE": 1,
            "INTENS": 1.2,
            "INTENS_MAX": 3,
            "EU_SNET": 1,
            "EU_ONE": 1,
            "EU_GE2": 0,
        },
    ),
    "Facebook monthly, LinkedIn daily": (
        (1, 2, 4, 1, 1, 1, 1, 1, 1, 1),
        {
            "ACT_GEB02": 1,
            "WKPLUS_GEB02": 0,
            "WKPLUS_GEB03": 1,
            "BREEDTE": 2,
            "INTENS": 1.4,
            "EU_SNET": 1,
            "EU_ONE": 1,
            "EU_GE2": 0,
        },
    ),
    "Twitter and a weblog are one type": (
        (5, 1, 1, 1, 1, 1, 2, 1, 1, 1),
        {"EU_BLOG": 1, "EU_SNET": 0, "EU_ONE": 1, "EU_GE2": 0, "BREEDTE": 2},
    ),
    "Twitter is no social network": (
        (5, 3, 1, 1, 1, 1, 1, 1, 1, 1),
        {"EU_BLOG": 1, "EU_SNET": 1, "EU_ONE": 0, "EU_GE2": 1},
    ),
    "a forum has no type": ((1,) * 8 + (4, 1), {"USER": 1, "BREEDTE": 1, "EU_ANY": 0, "EU_ONE": 0, "EU_GE2": 0}),
    "all types": ((2, 2, 1, 1, 2, 1, 1, 1, 1, 2), {"EU_WIKI": 1, "EU_CNTSHR": 1, "EU_GE2": 1, "EU_ANY": 1}),
    "one unanswered, one used": (
        (-9, 3, 1, 1, 1, 1, 1, 1, 1, 1),
        {
            "USER": 1,
            "ACT_GEB01": NAN,
            "BREEDTE": NAN,
            "INTENS": NAN,
            "EU_ANY": 1,
            "EU_BLOG": NAN,
            "EU_SNET": 1,
            "EU_ONE": NAN,
            "EU_GE2": NAN,
        },
    ),
    "one unanswered, two types used": (
        (-8, 3, 1, 1, 3, 1, 1, 1, 1, 1),
        {"EU_GE2": 1, "EU_ONE": 0, "EU_ANY": 1, "EU_BLOG": NAN},
    ),
    "one unanswered of a type that is used": (
        (3, 1, 1, 1, 1, 1, -9, 1, 1, 1),
        {"EU_BLOG": 1, "EU_ONE": 1, "EU_GE2": 0},
    ),
    "one unanswered, none used": ((-9,) + (1,) * 9, {"USER": NAN, "EU_ANY": NAN, "EU_GE2": 0, "EU_ONE": NAN}),
}


@pytest.mark.parametrize("name", USE)
def test_use(codebook, name):
    given, expected = USE[name]
    found = derive(frequencies(*given), codebook).iloc[0]
    assert {key: pytest.approx(found[key], nan_ok=True) for key in expected} == expected


@pytest.mark.parametrize(
    ("geb01", "mot01", "nie01", "expected"),
    [
        (1, NAN, NAN, 0),
        (2, NAN, NAN, 1),
        (-9, 3, -7, 1),
        (-9, -9, -7, 1),
        (-9, -7, 1, 0),
        (NAN, NAN, 0, 0),
        (NAN, 3, NAN, 1),
        (-9, NAN, NAN, NAN),
        (-9, 3, 1, NAN),
        (2, -7, 1, 1),
    ],
)
def test_where_frequencies_leave_use_open_routing_decides(codebook, geb01, mot01, nie01, expected):
    row = frequencies(geb01, *[1] * 9).assign(MOT01=mot01, NIE01=nie01)
    np.testing.assert_array_equal(use(row, codebook), [expected])


def test_scales_parcels_and_gaps(answers):
    given = dict(zip([f"MOT{i:02d}" for i in range(1, 13)], [5, 4, 3, 2, 2, 2, 1, 1, 4, 5, 5, 5], strict=True))
    given |= dict(zip([f"ERV{i:02d}" for i in range(1, 13)], [4, 4, 4, 1, 2, 3, 1, 1, 1, 3, 3, -9], strict=True))
    given |= {
        "WIJ01": 5,
        "WIJ04": 1,
        "WIJ05": 2,
        "WIJ06": 3,
        "OMV01": 1,
        "REP01": 1,
        "REP02": 2,
        "REP03": 3,
        "REP04": 4,
        "REP05": 5,
    }
    changed = answers.copy()
    for name, code in given.items():
        changed.loc[0, name] = code
    changed.loc[1, "OMV01"] = 2
    derived = Wave.of(changed).derived()
    first = derived.loc[101]
    expected = {
        "MOT_PR": 4, "MOT_VERKOOP": 2, "MOT_WEBCARE": 2, "MOT_CRISIS": 5, "MOT_M": 39 / 12,
        "ERV_PR": 4, "ERV_VERKOOP": 2, "ERV_WEBCARE": 1, "ERV_CRISIS": NAN, "ERV_M": NAN,
        "GAP_01": -1, "GAP_02": 0, "GAP_03": 1, "GAP_12": NAN, "ZENDEN": 5, "INTERACTIE": 2, "ZZP": 1, "REP_M": 3,
    }  # fmt: skip
    assert {key: pytest.approx(first[key], nan_ok=True) for key in expected} == expected
    assert derived.loc[102, "ZZP"] == 0


def test_what_was_not_asked_is_missing_but_told_apart(answers):
    wave = Wave.of(answers)
    assert np.isnan(wave.derived().loc[106, "REP_M"])
    assert wave.asked("REP_M").tolist() == [True] * 5 + [False] * 3
    assert wave.asked(["REP_M", "CUL_M", "USER"]).tolist() == [True] * 5 + [False] * 3
    assert wave.asked("INTENS").all()


def test_every_name_of_the_questionnaire_is_derived(answers):
    names = set(Wave.of(answers).derived())
    expected = {f"{kind}_{medium}" for kind in ("ACT", "WKPLUS") for medium in MEDIA}
    expected |= {f"GAP_{i:02d}" for i in range(1, 13)}
    expected |= {f"{scale}_M" for scale in ["CUL", "OMG", "MOT", "ERV", "REP", "TOE", "MAA", "WIJ"]}
    expected |= {f"{side}_{form}" for side in ("MOT", "ERV") for form in ["PR", "VERKOOP", "WEBCARE", "CRISIS"]}
    expected |= {"USER", "BREEDTE", "INTENS", "INTENS_MAX", "ZENDEN", "INTERACTIE", "ZZP"}
    expected |= {f"EU_{name}" for name in ["SNET", "BLOG", "CNTSHR", "WIKI", "ANY", "ONE", "GE2"]}
    assert names == expected
