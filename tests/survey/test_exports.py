"""Columns told by name, label or mapping; answers in words; boxes; and a log of all of it."""

from __future__ import annotations

import io

import pandas as pd
import pyreadstat
import pytest

from mkb21sem.errors import WaveError
from mkb21sem.survey.check import check
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.exports.answers import known_answers, options, ticked
from mkb21sem.survey.exports.draft import draft_mapping
from mkb21sem.survey.exports.matching import Matcher
from mkb21sem.survey.questionnaire.form import boxed
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave
from tests.survey import platforms

NAMES = {
    "CUL01": "CUL01",
    "cul01": "CUL01",
    "CUL[CUL01]": "CUL01",
    "CUL[SQ001]": "CUL01",
    "CUL[1]": "CUL01",
    "CUL_SQ001": "CUL01",
    "CUL_CUL01": "CUL01",
    "CUL_1": "CUL01",
    "page/CUL01": "CUL01",
    "CUL_page-CUL01": "CUL01",
    "CUL01. Nieuwe ideeën": "CUL01",
    "CUL[SQ001]. In hoeverre … [Nieuwe ideeën]": "CUL01",
    "MKT[MKT02]: Markten [B2C]": "MKT02",
    "NIE. Waarom niet?": "NIE",
    "NIE": "NIE",
    "group/NIE": "NIE",
    "NIE[none]": "NIE:none",
    "NIE/none": "NIE:none",
    "Vestigingsprovincie": "REG01",
    "province of establishment?": "REG01",
    "Hoe vaak zet u in: Twitter": "GEB01",
    "Hoe vaak zet u in [Twitter]": "GEB01",
    "How often do you use - Twitter": "GEB01",
    "Meer inzetten komende 2 jaar [Twitter]": "TOE01",
    "Anything at all [New ideas are readily accepted with us]": "CUL01",
    "<p>Bij ons  wordt open gecommuniceerd.</p>": "CUL04",
    "Wie beheert de sociale media van uw bedrijf?": "SMB",
}
UNKNOWN = ("Twitter", "CUL[SQ099]", "Q5[SQ001]", "NIE[other]", "REG01[comment]", "Opmerkingen", "CUL", "1", "CULTime")


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(Codebook.read())


@pytest.fixture(scope="module")
def wave() -> Wave:
    return synthetic_wave(3)


@pytest.mark.parametrize("name", NAMES)
def test_columns_that_are_told(matcher, name):
    match = matcher.match(name)
    assert match is not None
    assert match.item == NAMES[name]


@pytest.mark.parametrize("name", UNKNOWN)
def test_columns_that_are_not_guessed(matcher, name):
    assert matcher.match(name) is None


def test_no_two_answers_of_a_question_are_spelled_alike():
    for item in Codebook.read().items:
        known = known_answers(item)
        for lang in ("nl", "en"):
            for code in item.codes:
                assert known[item.code_label(code, lang).casefold().replace("–", "-").strip(" .")] == code


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Directeur/eigenaar", {"SMB01"}),
        ("directeur/eigenaar, Andere medewerker(s)", {"SMB01", "SMB03"}),
        ("Niemand / n.v.t., Directeur/eigenaar", {"SMB01", "SMB05"}),
        ("Director/owner;Nobody / n.a.", {"SMB01", "SMB05"}),
        ("SMB01 SMB04", {"SMB01", "SMB04"}),
        ("1,3", {"SMB01", "SMB03"}),
        ("Geen van deze", set()),
    ],
)
def test_boxes_in_one_cell(cell, expected):
    assert ticked(cell, options(boxed(Codebook.read())["SMB"])) == (expected, "")


def test_a_box_that_is_none_of_them_is_named():
    ids, unknown = ticked("Directeur/eigenaar, mijn neef", options(boxed(Codebook.read())["SMB"]))
    assert (ids, unknown) == (frozenset(), "mijn neef")


def export(wave, write, lang="nl", **changes):
    """A Google Forms export with columns renamed and answers replaced."""
    frame = pd.read_csv(io.BytesIO(platforms.google_forms(wave, lang)), dtype=str, keep_default_na=False)
    frame = frame.rename(columns=changes.get("rename", {}))
    for column, answers in changes.get("replace", {}).items():
        frame[column] = frame[column].replace(answers, regex=changes.get("regex", False))
    return write(frame, "google.csv")


def test_the_log_names_every_recode_and_counts_every_cell(wave, write):
    log = Wave.read(export(wave, write)).log()
    assert set(log["item"].str[:3]) >= {item.battery for item in wave.codebook.items}
    given = log[log["code"].notna()]
    for item in wave.codebook.items:
        counts = given[given["item"] == item.id].groupby("code")["count"].sum()
        expected = wave.answers[item.id][wave.answers[item.id] >= 0].value_counts()
        assert {code: n for code, n in counts.items() if n} == expected.to_dict()


def test_a_file_of_ids_and_codes_has_an_empty_log(answers, write):
    assert Wave.read(write(answers)).log().empty


def test_unknown_words_are_refused_and_a_mapping_gives_them_a_code(wave, write, tmp_path):
    column = "Vestigingsprovincie"
    path = export(wave, write, rename={column: "Provincie"})
    assert "REG01" not in Wave.read(path).answers
    draft = draft_mapping(path)
    line = draft[draft["column"] == "Provincie"]
    assert line["item"].tolist() == [""]
    assert line["note"].str.contains("unknown").all()
    draft.loc[line.index, "item"] = "REG01"
    draft.to_csv(tmp_path / "mapping.csv", index=False)
    read = Wave.read(path, mapping=tmp_path / "mapping.csv")
    assert read.answers["REG01"].tolist() == wave.answers["REG01"].tolist()
    assert read.log().query("column == 'Provincie' and by == 'mapping'")["item"].tolist() == ["REG01"]


def test_a_draft_lists_unknown_answers_and_is_read_back_when_filled_in(wave, write, tmp_path):
    column = "Verantwoordelijke voor communicatie/pr"
    path = export(wave, write, replace={column: {"directeur/eigenaar": "de baas"}})
    with pytest.raises(WaveError, match=r"'de baas' is text; expected 1-5.*mapping file"):
        Wave.read(path)
    draft = draft_mapping(path)
    line = draft[draft["answer"] == "de baas"]
    assert line[["column", "item", "code"]].to_numpy().tolist() == [[column, "ORG01", ""]]
    draft.loc[line.index, "code"] = 1
    draft.to_csv(tmp_path / "mapping.csv", index=False, sep=";", encoding="cp1252")
    read = Wave.read(path, mapping=tmp_path / "mapping.csv")
    assert read.answers["ORG01"].tolist() == wave.answers["ORG01"].tolist()
    log = read.log().query("answer == 'de baas'")
    assert log[["by", "code", "count"]].to_numpy().tolist() == [["mapping", 1, int((wave.answers["ORG01"] == 1).sum())]]
    again = draft_mapping(path, mapping=tmp_path / "mapping.csv")
    assert not again["note"].str.startswith("unknown").any()


def test_an_own_words_box_with_a_comma_is_mapped(wave, write, tmp_path):
    column = "Waarom gebruikt uw bedrijf sociale media niet of nauwelijks?"
    path = export(wave, write, replace={column: {"Anders": "te duur, te moeilijk"}}, regex=True)
    with pytest.raises(WaveError, match="'te duur, te moeilijk' is none of the boxes of NIE"):
        Wave.read(path)
    draft = draft_mapping(path)
    line = draft[draft["answer"] == "te duur, te moeilijk"]
    draft.loc[line.index, ["item", "code"]] = ["NIE06", 1]
    draft.to_csv(tmp_path / "mapping.csv", index=False)
    read = Wave.read(path, mapping=tmp_path / "mapping.csv")
    assert read.answers["NIE06"].tolist() == wave.answers["NIE06"].tolist()


def test_a_mapping_recodes_codes_too(answers, write, tmp_path):
    turned = answers.assign(REP01=answers["REP01"].where(answers["REP01"] < 0, 6 - answers["REP01"]))
    lines = [f"REP01,REP01,{code},{6 - code}" for code in range(1, 6)]
    (tmp_path / "m.csv").write_text("column,item,answer,code\n" + "\n".join(lines) + "\n")
    read = Wave.read(write(turned), mapping=tmp_path / "m.csv")
    assert read.answers["REP01"].tolist() == answers["REP01"].tolist()


def test_boxes_coded_one_and_two_are_refused_until_a_mapping_says_what_two_is(answers, write, tmp_path):
    turned = answers.assign(SMB01=answers["SMB01"].replace(0, 2))
    with pytest.raises(WaveError, match=r"value 2 is not one of 0, 1.*give it code 0 in a mapping file"):
        Wave.read(write(turned))
    draft = draft_mapping(write(turned)).query("code == ''")
    assert draft.loc[draft["answer"] != "", ["item", "answer"]].to_numpy().tolist() == [["SMB01", "2"]]
    (tmp_path / "m.csv").write_text("column,item,answer,code\nSMB01,SMB01,2,0\n")
    read = Wave.read(write(turned), mapping=tmp_path / "m.csv")
    assert read.answers["SMB01"].tolist() == answers["SMB01"].tolist()


def test_a_blank_item_leaves_a_column_out(answers, write, tmp_path):
    (tmp_path / "m.csv").write_text("column,item,answer,code\nREP01,,,\n")
    read = Wave.read(write(answers), mapping=tmp_path / "m.csv")
    assert "REP01" not in read.answers
    assert "as the mapping says" in read.remarks()["remark"].str.cat()


BAD_MAPPINGS = {
    "column,item\nREP01,REP02\n": ["has no column `answer`", "drafts one"],
    "column,item,answer,code\nREP1,REP01,,\n": ["row 2", "'REP1' is no column of the file", "Closest: REP0"],
    "column,item,answer,code\nREP01,REP99,,\n": ["'REP99' is no question", "Closest: REP0"],
    "column,item,answer,code\nREP01,REP01,vaak,7\n": ["'7' is no code of REP01", "1, 2, 3, 4, 5, -7"],
    "column,item,answer,code\nREP01,REP01,vaak,veel\n": ["'veel' is no code"],
    "column,item,answer,code\nREP01,REP01,,\nREP01,REP02,,\n": ["row 3", "contradicts an earlier line"],
    "column,item,answer,code\nREP01,REP01,x,1\nREP01,REP01,X,2\n": ["row 3", "contradicts", "'X'"],
}


@pytest.mark.parametrize("text", BAD_MAPPINGS)
def test_wrong_mappings(answers, write, tmp_path, text):
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(WaveError) as error:
        Wave.read(write(answers), mapping=tmp_path / "m.csv")
    for words in BAD_MAPPINGS[text]:
        assert words in str(error.value)


def test_two_columns_for_a_question(answers, write):
    path = write(answers.rename(columns={"CUL01": "CUL[1]"}).assign(**{"CUL[SQ001]": 3}))
    with pytest.raises(WaveError, match=r"`CUL\[1\]` and `CUL\[SQ001\]` all look like CUL01"):
        Wave.read(path)
    path = write(answers.assign(**{"CUL[SQ001]": 3}))
    read = Wave.read(path)
    assert read.answers["CUL01"].tolist() == answers["CUL01"].tolist()
    assert "CUL01 was read from `CUL01`" in read.remarks()["remark"].str.cat()


def test_problems_name_the_file_s_column_and_the_question(answers, write):
    changed = answers.rename(columns={"CUL01": "CUL[SQ001]"}).astype(object)
    changed.loc[2, "CUL[SQ001]"] = 7
    with pytest.raises(WaveError, match=r"row 4, column CUL\[SQ001\] \(CUL01\): value 7 is not one of 1-5"):
        Wave.read(write(changed))


def test_blank_boxes_are_unticked_only_beside_a_tick(answers, write):
    boxes = [item.id for item in Codebook.read().battery("SMB")]
    changed = answers.assign(**{id: pd.array([""] * 8, dtype=object) for id in boxes})
    changed.loc[:5, "SMB02"] = "Y"
    read = Wave.read(write(changed))
    assert read.answers.loc[101, boxes].tolist() == [0, 1, 0, 0, 0]
    assert read.answers.loc[108, boxes].tolist() == [-9] * 5
    none = changed.assign(**{"SMB[none]": [""] * 7 + ["Y"]})
    assert Wave.read(write(none)).answers.loc[108, boxes].tolist() == [0] * 5
    changed.loc[6, "SMB01"] = "0"
    assert Wave.read(write(changed)).answers.loc[101, boxes].tolist() == [-9, 1, -9, -9, -9]


def test_spss_text_codes_are_read_by_their_value_labels(answers, tmp_path):
    text = answers.assign(CUL01=[f"A{code}" for code in answers["CUL01"]])
    labels = {f"A{code}": Codebook.read()["CUL01"].code_label(code, "nl") for code in range(1, 6)}
    pyreadstat.write_sav(text, tmp_path / "w.sav", variable_value_labels={"CUL01": labels})
    read = Wave.read(tmp_path / "w.sav")
    assert read.answers["CUL01"].tolist() == answers["CUL01"].tolist()
    assert len(read.log()) == answers["CUL01"].nunique()


def test_unfinished_and_trial_responses_are_said(wave, write):
    frame = pd.read_csv(io.BytesIO(platforms.qualtrics_words(wave, "en")), dtype=str, keep_default_na=False)
    frame.loc[2:4, "Finished"] = "False"
    frame.loc[5, "Status"] = "Survey Preview"
    remarks = Wave.read(write(frame)).remarks().query("kind == 'unfinished'").set_index("remark")["count"]
    assert remarks.to_dict() == {
        "responses not finished: kept": 3,
        "trial responses (preview or test): kept": 1,
    }


def test_qualtrics_rows_keep_their_numbers(wave, write):
    frame = pd.read_csv(io.BytesIO(platforms.qualtrics_codes(wave, "en")), dtype=str, keep_default_na=False)
    frame.loc[2, "CUL_1"] = "8"
    found = check(write(frame))
    assert [problem.rows for problem in found.problems] == [(4,)]
    assert found.problems[0].column == "CUL_1 (CUL01)"
