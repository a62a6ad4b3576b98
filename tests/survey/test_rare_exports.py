"""Exports that seldom come by: alike answers, half-known boxes, drafts with more than can be listed."""

from __future__ import annotations

import io
from dataclasses import replace

import pandas as pd
import pytest

from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.exports.answers import known_answers, options, ticked
from mkb21sem.survey.exports.draft import MOST, draft_mapping
from mkb21sem.survey.exports.spelling import folded
from mkb21sem.survey.questionnaire.form import boxed
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave
from tests.survey import platforms

WHY = "Waarom gebruikt uw bedrijf sociale media niet of nauwelijks?"


def test_an_answer_that_stands_for_two_codes_is_not_known(codebook):
    item = codebook["ORG01"]
    labels = list(item.code_labels_en)
    labels[1] = labels[0]
    known = known_answers(replace(item, code_labels_en=tuple(labels)))
    assert labels[0].casefold() not in known
    assert {known.get(folded(label)) for label in item.code_labels_nl} == set(item.codes)


@pytest.mark.parametrize(("cell", "unknown"), [("11", "11"), ("1x", "1x"), ("1,22", "22")])
def test_a_box_is_not_told_by_the_beginning_of_a_word(cell, unknown):
    assert ticked(cell, options(boxed(Codebook.read())["SMB"])) == (frozenset(), unknown)


def test_a_draft_names_forty_unknown_answers_and_how_many_more(answers, write):
    many = pd.concat([answers] * 6, ignore_index=True).assign(respondent=range(48)).astype(object)
    many["ORG01"] = [f"functie {at}" for at in range(48)]
    lines = draft_mapping(write(many)).query("column == 'ORG01'")
    unknown = lines[lines["note"] == "unknown: fill in the code"]
    assert len(unknown) == MOST == 40
    assert lines["note"].iloc[-1] == "and 8 more different answers"


def test_a_draft_leaves_out_blanks_that_were_read_as_not_ticked(answers, write):
    boxes = [item.id for item in Codebook.read().battery("SMB")]
    ticks = answers.assign(**{id: pd.array(["Y" if id == "SMB02" else ""] * 8, dtype=object) for id in boxes})
    lines = draft_mapping(write(ticks)).query("item in @boxes and answer != ''")
    assert lines[["item", "answer", "code", "count", "note"]].to_numpy().tolist() == [
        ["SMB02", "Y", 1, 8, "told by its label"]
    ]


def test_a_second_draft_keeps_what_was_said_of_boxes(write, tmp_path):
    frame = pd.read_csv(io.BytesIO(platforms.google_forms(synthetic_wave(3), "nl")), dtype=str, keep_default_na=False)
    frame[WHY] = frame[WHY].replace({"Anders": "te duur"}, regex=True)
    export, mapping = write(frame, "google.csv"), tmp_path / "mapping.csv"
    draft = draft_mapping(export)
    draft.loc[draft["answer"] == "te duur", ["item", "code"]] = ["NIE06", 1]
    draft.to_csv(mapping, index=False)
    line = draft_mapping(export, mapping=mapping).query("answer == 'te duur'")
    assert line[["column", "item", "code", "note"]].to_numpy().tolist() == [[WHY, "NIE06", 1, "as you said"]]
    draft.loc[draft["answer"] == "te duur", ["item", "code"]] = ["NIE", 0]
    draft.to_csv(mapping, index=False)
    line = draft_mapping(export, mapping=mapping).query("answer == 'te duur'")
    assert line[["item", "code", "note"]].to_numpy().tolist() == [["NIE", 0, "as you said"]]


def test_a_line_of_a_mapping_that_is_not_filled_in_says_nothing(answers, write, tmp_path):
    lines = ["column,item,answer,code", "ORG01,ORG01,de baas,", "ORG01,,de baas,1"]
    (tmp_path / "m.csv").write_text("\n".join(lines) + "\n")
    read = Wave.read(write(answers), mapping=tmp_path / "m.csv")
    assert read.answers["ORG01"].tolist() == answers["ORG01"].tolist()
    assert read.log().query("by == 'mapping' and answer != ''").empty


def test_a_box_that_is_not_filled_in_stays_unknown(write, tmp_path):
    frame = pd.read_csv(io.BytesIO(platforms.google_forms(synthetic_wave(3), "nl")), dtype=str, keep_default_na=False)
    frame[WHY] = frame[WHY].replace({"Anders": "te duur"}, regex=True)
    export, mapping = write(frame, "google.csv"), tmp_path / "mapping.csv"
    draft = draft_mapping(export)
    assert draft.loc[draft["answer"] == "te duur", ["item", "code"]].to_numpy().tolist() == [["NIE", ""]]
    draft.to_csv(mapping, index=False)
    again = draft_mapping(export, mapping=mapping)
    assert again.loc[again["answer"] == "te duur", "note"].str.startswith("unknown: name the box").tolist() == [True]


def test_two_columns_that_number_the_respondents(answers, write):
    numbered = answers.rename(columns={"respondent": "id"}).assign(**{"Response ID": range(8)})
    read = Wave.read(write(numbered))
    assert read.answers.index.tolist() == list(range(8))
    assert not read.remarks()["remark"].str.contains("LimeSurvey").any()
