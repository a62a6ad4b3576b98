from collections import Counter

import pytest

from mkb21sem.errors import OptionError, WaveError
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.derived import derivations

GOOD = "item,label_nl,codes_nl,measure,asked\n"


def test_the_questionnaire_of_2012(codebook):
    assert len(codebook) == 89
    assert len(codebook.constructs) == 12
    assert Counter(item.status for item in codebook.items) == {"S": 35, "S*": 5, "R": 49}
    assert Counter(item.base_n for item in codebook.items) == {312: 17, 314: 26, 58: 6, 256: 40}
    assert Counter(item.asked for item in codebook.items) == {"all": 43, "users": 40, "nonusers": 6}
    assert Counter(item.form for item in codebook.items if item.form) == dict.fromkeys(
        ("PR", "Verkoop", "Webcare", "Crisis"), 6
    )


def test_every_question_has_labels_and_codes_in_both_languages(codebook):
    for item in codebook.items:
        assert item.label("nl")
        assert item.label("en")
        assert len(item.codes) == len(item.code_labels_nl) == len(item.code_labels_en) >= 2
        assert set(item.assumed) <= set(item.codes)


def test_what_the_text_does_not_name_is_marked_as_assumed(codebook):
    assert codebook["GEB01"].assumed == (2,)
    assert codebook["OMV01"].assumed == (3, 4)
    assert codebook["ORG01"].assumed == (2, 3, 4, 5)
    assert codebook["REP01"].evidence == "stated"
    assert codebook["CUL01"].evidence == "reconstruction"


def test_media_have_eurostat_classes(codebook):
    classes = {item.number: item.platform_class for item in codebook.battery("GEB")}
    assert classes["01"] == classes["07"] == "BLOG"
    assert classes["02"] == classes["03"] == classes["04"] == classes["06"] == "SNET"
    assert classes["05"] == classes["08"] == "CNTSHR"
    assert classes["10"] == "WIKI"
    assert classes["09"] == ""
    assert {item.number: item.platform_class for item in codebook.battery("TOE")} == classes


@pytest.mark.parametrize(
    ("name", "lang", "label"),
    [
        ("GEB02", "nl", "Hoe vaak zet u in: Facebook"),
        ("ACT_GEB05", "en", "Active: Video sites (e.g. YouTube)"),
        ("WKPLUS_GEB01", "nl", "Wekelijks of vaker: Twitter"),
        ("GAP_01", "en", "Experience minus motive: increase name recognition"),
        ("MOT", "en", "Motives"),
        ("MOT_VERKOOP", "nl", "Motief: verkoop"),
        ("Cultuur", "en", "Culture"),
        ("visual", "en", "visual"),
        ("ACT_visual", "en", "ACT_visual"),
    ],
)
def test_labels(codebook, name, lang, label):
    assert codebook.label(name, lang) == label


def test_every_derived_variable_and_construct_has_a_label(codebook):
    for name in [*derivations(codebook), "USER", *["CUL", "OMG", "MOT", "ERV", "REP"], *codebook.constructs]:
        assert codebook.label(name, "nl") != name or name in codebook.constructs
        assert codebook.label(name, "en") != name


def test_unknown_language_and_question(codebook):
    with pytest.raises(OptionError, match="lang must be nl, en; got 'de'"):
        codebook.label("GEB01", "de")
    with pytest.raises(KeyError, match=r"GEB1.*Closest: GEB"):
        codebook["GEB1"]


def test_a_user_can_bring_other_media(write):
    text = GOOD + (
        "GEB11,Hoe vaak zet u in: Instagram,1=niet/nauwelijks | 2=maandelijks | 3=wekelijks,ordinal,all\n"
        'XTRA1,"Iets, anders",0=nee | 1=ja,binary,users\n'
    )
    book = Codebook.read(write(text, "book.csv"))
    assert list(book) == ["GEB11", "XTRA1"]
    assert book["GEB11"].codes == (1, 2, 3)
    assert book.label("ACT_GEB11", "en") == "Active: Instagram"
    assert book["XTRA1"].label("en") == "Iets, anders"
    assert book["XTRA1"].evidence == ""


BAD = {
    "no column": (
        "item,label_nl,codes_nl,asked\nGEB01,x,1=a | 2=b,all\n",
        ["no column `measure`", "Expected at least"],
    ),
    "misspelt column": (GOOD[:-1] + ",statis\nAA1,x,1=a | 2=b,ordinal,all,S\n", ["row 1, column statis", "status?"]),
    "id": (GOOD + "1GEB,x,1=a | 2=b,ordinal,all\n", ["row 2, column item", "'1GEB'", "GEB11"]),
    "twice": (GOOD + "AA1,x,1=a | 2=b,ordinal,all\nAA1,y,1=a | 2=b,ordinal,all\n", ["row 3, column item", "row 2 too"]),
    "measure": (GOOD + "AA1,x,1=a | 2=b,ordnal,all\n", ["column measure", "'ordnal'", "Closest: ordinal"]),
    "asked": (GOOD + "AA1,x,1=a | 2=b,ordinal,user\n", ["column asked", "all, users, nonusers", "Closest: users"]),
    "codes": (GOOD + "AA1,x,a | b,ordinal,all\n", ["column codes_nl", "at 'a'", "1=never"]),
    "code twice": (GOOD + "AA1,x,1=a | 1=b,ordinal,all\n", ["code 1 twice"]),
    "missing code": (GOOD + "AA1,x,1=a | -9=b,ordinal,all\n", ["uses -9", "missing"]),
    "one code": (GOOD + "AA1,x,1=a,ordinal,all\n", ["fewer than two"]),
    "binary": (GOOD + "AA1,x,1=a | 2=b,binary,all\n", ["not coded 0 and 1"]),
    "descending": (GOOD + "AA1,x,2=a | 1=b,ordinal,all\n", ["don't ascend"]),
    "frequency": (GOOD + "GEB01,x,0=a | 1=b,ordinal,all\n", ["1 = hardly or never", "weekly"]),
    "label": (GOOD + "AA1,,1=a | 2=b,ordinal,all\n", ["column label_nl", "blank"]),
    "base": (GOOD[:-1] + ",base_n\nAA1,x,1=a | 2=b,ordinal,all,veel\n", ["column base_n", "'veel'"]),
    "assumed": (GOOD[:-1] + ",assumed\nAA1,x,1=a | 2=b,ordinal,all,3\n", ["column assumed", "'3'"]),
    "english": (GOOD[:-1] + ",codes_en\nAA1,x,1=a | 2=b,ordinal,all,1=a | 3=c\n", ["column codes_en", "other codes"]),
    "class": (GOOD[:-1] + ",platform_class\nAA1,x,1=a | 2=b,ordinal,all,SNT\n", ["SNET", "'SNT'"]),
    "status": (GOOD[:-1] + ",status\nAA1,x,1=a | 2=b,ordinal,all,T\n", ["S, S*, R"]),
    "empty": ("", ["empty"]),
}


@pytest.mark.parametrize("name", BAD)
def test_a_broken_codebook_says_what_and_where(write, name):
    text, words = BAD[name]
    with pytest.raises(WaveError) as error:
        Codebook.read(write(text, "book.csv"))
    for word in ["book.csv", *words]:
        assert word in str(error.value)


def test_all_problems_of_a_codebook_at_once(write):
    text = GOOD + "1X,x,1=a | 2=b,ordinal,all\nAA1,,1=a,nominl,all\nAA1,y,1=a | 2=b,ordinal,everyone\n"
    with pytest.raises(WaveError) as error:
        Codebook.read(write(text, "book.csv"))
    message = str(error.value)
    assert message.startswith("6 problems:")
    for word in ("row 2, column item", "row 3, column label_nl", "row 3, column measure", "fewer than two"):
        assert word in message
    assert "row 4, column item" in message
    assert "row 4, column asked" in message
