import numpy as np
import pandas as pd
import pyreadstat
import pytest

from mkb21sem.errors import WaveError
from mkb21sem.survey.check import check
from mkb21sem.survey.wave import Wave


def put(answers, row, **cells):
    """Change cells of one respondent; `row` is the row in the spreadsheet."""
    changed = answers.astype(object)
    for column, value in cells.items():
        changed.loc[row - 2, column] = value
    return changed


def test_a_clean_wave(answers, write):
    wave = Wave.read(write(answers, "mkb2013.csv"))
    assert (wave.n, int(wave.users.sum()), wave.name, wave.synthetic) == (8, 5, "mkb2013", False)
    assert wave.answers.index.tolist() == answers["respondent"].tolist()
    pd.testing.assert_frame_equal(wave.answers.reset_index(), answers, check_dtype=False)
    assert str(wave).endswith("8 respondents, 5 users")


def test_three_formats_and_a_frame_give_the_same_wave(answers, tmp_path):
    answers.to_csv(tmp_path / "w.csv", index=False)
    answers.to_csv(tmp_path / "w2.csv", index=False, sep=";", encoding="cp1252")
    answers.to_excel(tmp_path / "w.xlsx", index=False)
    pyreadstat.write_sav(answers, tmp_path / "w.sav")
    waves = [Wave.read(tmp_path / name) for name in ("w.csv", "w2.csv", "w.xlsx", "w.sav")]
    waves += [Wave.of(answers), Wave.of(answers.set_index("respondent"))]
    for wave in waves[1:]:
        pd.testing.assert_frame_equal(wave.answers, waves[0].answers)
    assert waves[4].sha256 == waves[5].sha256


def test_the_three_missing_codes_stay_distinct(answers, write):
    changed = put(put(answers, 2, CUL01=-8, MOT01=-9), 3, CUL01=-9)
    wave = Wave.read(write(changed))
    assert wave.answers["CUL01"].tolist()[:2] == [-8, -9]
    counts = wave.missing()
    assert counts.loc["CUL01"].to_dict() == {"valid": 6, "not_asked": 0, "dont_know": 1, "no_answer": 1}
    assert counts.loc["MOT01"].to_dict() == {"valid": 4, "not_asked": 3, "dont_know": 0, "no_answer": 1}


def test_blank_cells_are_told_apart_by_routing(answers, write):
    changed = answers.astype(object)
    changed.loc[answers["GEB02"] == 1, [c for c in answers if c[:3] in {"MOT", "ERV", "REP", "MAA", "WIJ"}]] = None
    changed.loc[0, ["MOT01", "CUL01", "NIE01"]] = None
    wave = Wave.read(write(changed))
    assert wave.answers.iloc[0][["MOT01", "CUL01", "NIE01"]].tolist() == [-9, -9, -7]
    assert (wave.answers.loc[106:, "MOT01"] == -7).all()
    blanks = wave.remarks().query("kind == 'blank'")
    assert dict(zip(blanks["remark"], blanks["count"], strict=True)) == {
        "blank cells read as -7 (not asked, by routing)": 3 * 40 + 1,
        "blank cells read as -9 (no answer)": 2,
    }


def test_missing_codes_are_blanks_but_an_answer_stays_one(answers, write):
    changed = put(put(answers, 2, MOT01=9, SEC01=9), 7, MOT01=9)
    wave = Wave.read(write(changed), missing_codes=(9,))
    assert wave.answers["MOT01"].iloc[[0, 5]].tolist() == [-9, -7]
    assert wave.answers["SEC01"].iloc[0] == 9
    assert "SEC01" in wave.remarks().query("kind == 'missing code'")["column"].tolist()


def test_spss_user_missing_values_are_no_answer(answers, tmp_path):
    changed = answers.copy()
    changed.loc[0, "CUL01"] = 99
    changed.loc[1, "CUL01"] = -8
    pyreadstat.write_sav(changed, tmp_path / "w.sav", missing_ranges={"CUL01": [99, -8]})
    assert Wave.read(tmp_path / "w.sav").answers["CUL01"].tolist()[:2] == [-9, -8]


def test_spss_labels_that_run_the_other_way_are_a_problem(answers, tmp_path):
    labels = {1: "Helemaal mee eens", 5: "Helemaal mee oneens"}
    pyreadstat.write_sav(answers, tmp_path / "w.sav", variable_value_labels={"REP01": labels})
    with pytest.raises(WaveError, match=r"column REP01: the file labels code 1 'Helemaal mee eens'.*to 5"):
        Wave.read(tmp_path / "w.sav")
    labels = {1: "Helemaal mee oneens", 2: "Niet mee eens", 5: "Helemaal mee eens"}
    pyreadstat.write_sav(answers, tmp_path / "w.sav", variable_value_labels={"REP01": labels})
    assert Wave.read(tmp_path / "w.sav").n == 8


USER, NONUSER = 2, 7
BAD_CELLS = {
    "out of range": (USER, {"REP02": 7}, ["row 2, column REP02: value 7 is not one of 1-5", "--missing-codes"]),
    "two codes": (USER, {"MKT02": 3}, ["column MKT02: value 3 is not one of 0, 1"]),
    "not whole": (USER, {"CUL01": 3.5}, ["column CUL01: value 3.5 is not one of 1-5"]),
    "text": (USER, {"CUL01": "vier"}, ["row 2, column CUL01: value 'vier' is text; expected 1-5"]),
    "unknown words": (USER, {"CUL01": "tamelijk eens"}, ["column CUL01", "is text; expected 1-5", "mapping file"]),
    "a date": (USER, {"OMV01": pd.Timestamp("2012-09-02")}, ["column OMV01", "text; expected 1-4"]),
    "same id": (USER, {"respondent": 102}, ["rows 2 and 3, column respondent: value 102", "more than one respondent"]),
    "blank id": (USER, {"respondent": None}, ["row 2, column respondent", "blank"]),
    "non-users' question to a user": (USER, {"NIE01": 1}, ["row 2, column NIE01: value 1", "for non-users", "-7"]),
    "no answer where not asked": (USER, {"NIE01": -9}, ["column NIE01: value -9", "for non-users"]),
    "user not asked": (USER, {"MAA01": -7}, ["row 2, column MAA01: value -7", "uses social media", "-9"]),
    "ways not asked": (USER, {"WIJ01": -7}, ["column WIJ01: value -7"]),
    "reputation not asked": (USER, {"REP01": -7}, ["column REP01: value -7"]),
    "experience not asked": (USER, {"ERV05": -7}, ["column ERV05: value -7"]),
    "experience without motive": (USER, {"MOT05": -7}, ["column MOT05: value -7", "column ERV05", "MOT05 is -7"]),
    "users' question to a non-user": (NONUSER, {"MAA01": 2}, ["row 7, column MAA01: value 2", "no medium is used"]),
    "ways to a non-user": (NONUSER, {"WIJ06": 2}, ["column WIJ06: value 2"]),
    "motive to a non-user": (NONUSER, {"MOT01": 2}, ["column MOT01: value 2"]),
    "experience to a non-user": (NONUSER, {"ERV01": 2}, ["column ERV01: value 2", "MOT01 is -7"]),
    "reputation to a non-user": (NONUSER, {"REP05": -8}, ["column REP05: value -8"]),
    "non-user not asked": (NONUSER, {"NIE06": -7}, ["row 7, column NIE06: value -7", "no medium is used"]),
    "everyone is asked": (NONUSER, {"CUL01": -7}, ["row 7, column CUL01: value -7", "everyone"]),
    "no market": (USER, {"MKT01": 0, "MKT02": 0}, ["row 2, column MKT01 and MKT02", "at least one market"]),
    "use contradicts routing": (NONUSER, {"GEB01": 3}, ["column MOT01: value -7", "column NIE01"]),
    "both blocks": (
        NONUSER,
        {"GEB01": -9, "MOT01": 3, "ERV01": 3},
        ["row 7: questions for users and for non-users are both answered", "GEB"],
    ),
}


@pytest.mark.parametrize("name", BAD_CELLS)
def test_bad_cells(answers, write, name):
    row, cells, words = BAD_CELLS[name]
    with pytest.raises(WaveError) as error:
        Wave.read(write(put(answers, row, **cells)))
    for word in ["wave.csv", *words]:
        assert word in str(error.value)


FINE_CELLS = {
    "every box ticked": (USER, {"SMB01": 1, "SMB02": 1, "SMB03": 1, "SMB04": 1}),
    "every reason ticked": (NONUSER, {"NIE01": 1, "NIE02": 1, "NIE03": 1, "NIE04": 1, "NIE05": 1, "NIE06": 1}),
    "one market unanswered": (USER, {"MKT01": 0, "MKT02": -9}),
    "an unanswered motive": (USER, {"MOT01": -8, "ERV01": 3}),
    "one frequency unanswered": (USER, {"GEB01": -9}),
    "routing tells": (NONUSER, {"GEB01": -9}),
}


@pytest.mark.parametrize("name", FINE_CELLS)
def test_cells_that_are_no_problem(answers, write, name):
    row, cells = FINE_CELLS[name]
    wave = Wave.read(write(put(answers, row, **cells)))
    assert int(wave.users.sum()) == 5


def test_all_problems_at_once(answers, write):
    changed = put(put(put(answers, 2, REP02=7, NIE01=1), 7, CUL01="veel", MAA01=3), 9, respondent=101)
    changed = changed.rename(columns={"TOE03": "TOEO3"})
    with pytest.raises(WaveError) as error:
        Wave.read(write(changed))
    message = str(error.value)
    assert message.startswith("6 problems:")
    for word in (
        "row 2, column REP02",
        "row 2, column NIE01",
        "row 7, column CUL01",
        "row 7, column MAA01",
        "rows 2 and 9, column respondent",
        "row 1, column TOEO3",
    ):
        assert word in message


def test_ragged_rows_do_not_hide_other_problems(answers, write):
    lines = put(answers, 3, REP02=7).to_csv(index=False).splitlines()
    lines[1] += ",5"
    with pytest.raises(WaveError) as error:
        Wave.read(write("\n".join(lines)))
    assert "row 2: 91 cells, but the header names 90 columns" in str(error.value)
    assert "row 3, column REP02: value 7" in str(error.value)


def test_columns_that_are_not_there(answers, write):
    path = write(answers.drop(columns=["CUL05", "CUL06"]))
    wave = Wave.read(path)
    assert wave.remarks().query("kind == 'column'")["column"].tolist() == ["CUL05", "CUL06"]
    with pytest.raises(WaveError, match=r"(?s)column CUL05: the file has no such column.*column CUL06"):
        Wave.read(path, strict=True)
    with pytest.raises(WaveError, match="no column for `CUL05`"):
        wave.frame(["CUL05"])
    with pytest.raises(WaveError, match="CUL_M follows from CUL05, CUL06"):
        wave.frame(["CUL_M"])


def test_columns_too_many_misspelt_or_in_other_case(answers, write):
    changed = answers.rename(columns={"GEB01": "geb01", "respondent": "ID"}).assign(opmerking="x", GEB11=3)
    wave = Wave.read(write(changed))
    remarks = wave.remarks().query("kind == 'column'").set_index("column")["remark"]
    assert remarks["geb01"] == "read as GEB01"
    assert "GEB11" in remarks
    assert "opmerking" in remarks
    assert wave.answers.index.tolist() == answers["respondent"].tolist()
    with pytest.raises(
        WaveError, match="row 1, column GEB11: the codebook has no such question, and no column is GEB01"
    ):
        Wave.read(write(changed.drop(columns="geb01")))


def test_a_file_of_something_else(write):
    with pytest.raises(WaveError, match="none of the codebook's 89 questions is a column; its columns are x, y"):
        Wave.read(write("x,y\n1,2\n"))


def test_without_respondent_ids_rows_are_numbered(answers, write):
    wave = Wave.read(write(answers.drop(columns="respondent")))
    assert wave.answers.index.tolist() == list(range(1, 9))
    assert "numbered by row" in wave.remarks()["remark"].str.cat()


def test_ids_may_be_words(answers):
    wave = Wave.of(answers.assign(respondent=list("abcdefgh")))
    assert wave.answers.index.tolist() == list("abcdefgh")


def test_ids_are_kept_as_they_are_spelled(answers, write):
    ids = ["1", "01", "001", "99999999999999999999", "x" * 80 + "1", "x" * 80 + "2", "2", "3"]
    assert Wave.read(write(answers.assign(respondent=ids))).answers.index.tolist() == ids


def test_frames_count_rows_from_one_and_must_hold_something(answers):
    with pytest.raises(WaveError, match="my wave, row 1, column REP02: value 7"):
        Wave.of(put(answers, 2, REP02=7), name="my wave")
    with pytest.raises(WaveError, match="holds no answers"):
        Wave.of(answers.iloc[:0])


def test_frame_leaves_out_who_was_not_asked_and_blanks_the_rest(answers):
    wave = Wave.of(put(put(answers, 2, CUL01=-8), 3, MOT01=-9))
    both = wave.frame(["CUL01", "MOT01"])
    assert both.index.tolist() == [101, 102, 103, 104, 105]
    assert both.dtypes.tolist() == [float, float]
    assert np.isnan(both.loc[101, "CUL01"])
    assert np.isnan(both.loc[102, "MOT01"])
    assert len(wave.frame(["CUL01"])) == 8
    assert len(wave.frame(["CUL01", "NIE01"])) == 3
    assert len(wave.frame(["CUL01", "INTENS", "MOT_PR"])) == 5
    assert len(wave.frame(["MOT01", "NIE01"])) == 0
    assert wave.frame(["USER"])["USER"].tolist() == [1] * 5 + [0] * 3


def test_unknown_names_get_the_closest(answers):
    wave = Wave.of(answers)
    with pytest.raises(WaveError, match=r"no item or derived variable `REP06`.*Closest: .*REP0"):
        wave.frame(["REP06"])
    with pytest.raises(WaveError, match=r"`MOT_SALES`.*Closest: MOT_"):
        wave.frame(["MOT_SALES"])


def test_remarks_about_constant_items_and_empty_categories(answers):
    remarks = Wave.of(answers.assign(CUL01=3, CUL02=-9)).remarks()
    constant = remarks[remarks["kind"] == "constant"].set_index("column")["remark"]
    assert constant["CUL01"] == "every answer is 3 (neutral)"
    assert constant["CUL02"] == "no valid answer"
    empty = remarks[remarks["kind"] == "empty category"].set_index("column")["remark"]
    assert empty["SEC01"] == "nobody chose 1 (Construction), 10 (Business services), 11 (Other)"


def test_empty_categories_within_groups(answers):
    size = [1, 1, 1, 1, 2, 2, 2, 2]
    wave = Wave.of(answers.assign(OMV01=size, CUL01=[1, 2, 3, 4, 5, 5, 5, 5]))
    assert "CUL01" not in wave.remarks().query("kind in ('constant', 'empty category')")["column"].tolist()
    within = wave.remarks(group="ZZP").query("column == 'CUL01'")["remark"].tolist()
    assert within == [
        "every answer is 5 (strongly agree) where ZZP is 0",
        "nobody chose 5 (strongly agree) where ZZP is 1",
    ]


def test_bases_of_every_block(answers):
    bases = Wave.of(put(answers, 2, CUL01=-9)).bases().set_index("construct")
    assert bases.loc["Cultuur", ["n_asked", "n_complete", "base_2012"]].tolist() == [8, 7, 312]
    assert bases.loc["Reputatie", ["n_asked", "n_complete", "base_2012"]].tolist() == [5, 5, 256]
    assert bases.loc["Redenen niet-gebruik", ["n_asked", "n_complete", "base_2012"]].tolist() == [3, 3, 58]
    assert bases["questions"].sum() == 89


def test_check_reports_instead_of_raising(answers, write):
    good = check(write(answers))
    assert good.ok
    assert good.wave is not None
    assert len(good.bases) == 12
    assert "no problems" in str(good)
    bad = check(write(put(answers, 2, REP02=7, CUL01="x"), "bad.csv"))
    assert not bad.ok
    assert bad.wave is None
    assert str(bad).startswith("2 problems:")
    assert bad.frame()[["row", "column"]].to_numpy().tolist() == [[2, "CUL01"], [2, "REP02"]]
    gone = check("nowhere.csv")
    assert str(gone.problems[0]).startswith("nowhere.csv: there is no such file.")
    ragged = check(write("REG01,SEC01\n1,2,3\n4,5\n", "ragged.csv"))
    assert ragged.problems[0].rows == (2,)


def test_a_wave_of_another_codebook(write):
    book = write(
        "item,label_nl,codes_nl,measure,asked,platform_class\n"
        "GEB01,In: Instagram,1=nooit | 2=soms | 3=wekelijks,ordinal,all,SNET\n"
        "REP01,Goed gevoel,1=oneens | 2=weet niet | 3=eens,ordinal,users,\n",
        "book.csv",
    )
    wave = Wave.read(write("GEB01,REP01\n1,-7\n3,2\n2,\n"), codebook=book)
    assert wave.answers["REP01"].tolist() == [-7, 2, -9]
    assert wave.derived().columns.tolist() == [
        *("USER", "ACT_GEB01", "WKPLUS_GEB01", "BREEDTE", "INTENS", "INTENS_MAX"),
        *("EU_SNET", "EU_ANY", "EU_ONE", "EU_GE2", "REP_M"),
    ]
