"""Citations as the texts write them, in both languages."""

from __future__ import annotations

import pytest

from mkb21sem.report.references.citations import Citation, citations, cited, found, index
from mkb21sem.report.references.works import works

READ = {
    "(Hu & Bentler, 1999)": ["hu1999"],
    "(Hu & Bentler 1999)": ["hu1999"],
    "conventions of Hu and Bentler (1999), not tests": ["hu1999"],
    "conventies van Hu en Bentler (1999)": ["hu1999"],
    "Holm’s (1979) method": ["holm1979"],
    "Holm's (1979) method": ["holm1979"],
    "de toetsen van Vuong (1989)": ["vuong1989"],
    "Bartlett’s test (1950)": ["bartlett1950"],
    "(Podsakoff et al. 2003)": ["podsakoff2003"],
    "Karr e.a. (2006)": ["karr2006"],
    "(Lorenzo-Seva & ten Berge 2006)": ["lorenzoseva2006"],
    "(van Noort & Willemsen, 2012)": ["vannoort2012"],
    "(Brosseau-Liard & Savalei, 2014; Savalei, 2018, 2021; Zhang & Savalei, 2023)": [
        "brosseauliard2014",
        "savalei2018",
        "savalei2021",
        "zhang2023",
    ],
    "(Appelbaum et al., 2018) en Hoyle en Isherwood (2013)": ["appelbaum2018", "hoyle2013"],
    "as in lavaan, Mplus, Holm (1979)": ["holm1979"],
    "Marsh, Hau, and Wen (2004)": ["marsh2004"],
    "(Rhemtulla,\n Brosseau-Liard &\u00a0Savalei, 2012)": ["rhemtulla2012"],
    "Satorra, 2000": ["satorra2000"],
    "Chen 2007": ["chen2007"],
    "Kline (2015)": [],
    "(Fornell et al., 1981)": [],
    "Bentler and Hu (1999)": [],
    "In 2012 the monitor of October 2012 had 20121 answers": [],
    "": [],
}


@pytest.mark.parametrize("text", READ)
def test_each_citation_finds_its_work(text):
    assert [work.key for one in citations(text) if (work := found(one))] == READ[text]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Rogers (2003)", ["Rogers (2003)"]),
        ("as some say (Rogers, 2003; Davis et al. 1989)", ["Davis et al. (1989)", "Rogers (2003)"]),
        ("(Katz & Blumler 1974)", ["Katz & Blumler (1974)"]),
        ("In 2012, in October 2012 and (wave of October 2012), MKB21 2012", []),
        ("Holm (1979)", []),
    ],
)
def test_a_citation_of_no_work_is_told_and_a_date_is_none(text, named):
    assert [str(one) for one in cited([text])[1]] == named


def test_a_work_is_listed_once_and_in_order():
    listed, _ = cited(["Vuong (1989); Holm (1979)", "Holm’s (1979) and (Satorra & Bentler, 2001; Satorra, 2000)"])
    assert [work.key for work in listed] == ["holm1979", "satorra2000", "satorra2001", "vuong1989"]


def test_the_order_is_that_of_the_apa():
    said = (
        "Podsakoff & Organ (1986) Podsakoff et al. (2003) Satorra & Saris (1985) Satorra & Bentler (2001)",
        "Brosseau-Liard, Savalei & Li (2012) Brosseau-Liard & Savalei (2014) McNeish & Wolf (2023) Satorra (2000)",
        "Roemer et al. (2021) MacCallum et al. (1996) Satorra & Bentler (1994) Rosseel (2012)",
        "van Noort & Willemsen (2012) Rönkkö & Cho (2022)",
    )
    assert [work.key for work in cited(said)[0]] == [
        "brosseauliard2014",
        "brosseauliard2012",
        "maccallum1996",
        "mcneish2023",
        "podsakoff2003",
        "podsakoff1986",
        "roemer2021",
        "ronkko2022",
        "rosseel2012",
        "satorra2000",
        "satorra1994",
        "satorra2001",
        "satorra1985",
        "vannoort2012",
    ]


def test_no_two_works_are_cited_alike():
    assert len(index(works())) > len(works())
    with pytest.raises(ValueError, match="holm1979 and holm1979 are cited alike"):
        index([*works(), next(work for work in works() if work.key == "holm1979")])


def test_a_citation_is_told_as_a_sentence_writes_it():
    assert str(Citation(("Rogers", "Shoemaker"), False, "1971", True)) == "Rogers & Shoemaker (1971)"
