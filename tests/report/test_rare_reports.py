"""Sentences, tables and files of analyses that seldom come by, in words that a reader can use."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from mkb21sem.errors import OptionError
from mkb21sem.estimate.chisquare import Test
from mkb21sem.infer.judging.verdicts import Verdict
from mkb21sem.report import judged, outputs, prose, provenance, registered, results, sample, terminal, words
from mkb21sem.report import reproduce as main_job
from mkb21sem.report import study as studied
from mkb21sem.report.document import inline
from mkb21sem.report.quick import quick
from mkb21sem.report.study import Study
from mkb21sem.report.words import Words
from mkb21sem.specify.hypothesis import Hypothesis, for_model
from mkb21sem.specify.model import Model
from mkb21sem.specify.plan import Rules, freeze
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.readers import read_table
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave

LANGUAGES = ("en", "nl")
MODEL = Model.parse("CUL =~ CUL01 + CUL02 + CUL03 + CUL04\nCUL ~ OMV01", name="small")


@pytest.fixture(scope="module")
def wave() -> Wave:
    answers = synthetic_wave().answers
    names = [name for name in answers if str(name).startswith(("GEB", "CUL", "OMV"))]
    return Wave.of(answers[names], name="small")


@pytest.fixture(scope="module")
def done(wave: Wave) -> Study:
    return studied.study(wave, MODEL, for_model(MODEL), "MLR")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_respondents_whose_use_is_unknown_are_counted(wave: Wave, done: Study, lang: str) -> None:
    answers = wave.answers.copy()
    answers.loc[answers.index[:7], [name for name in answers if str(name).startswith("GEB")]] = -9
    unknown = replace(done, wave=Wave.of(answers, name="unknown"))
    told = set(map(str, prose.survey(unknown, Words(lang)))) - set(map(str, prose.survey(done, Words(lang))))
    begin = {"en": "use cannot be told", "nl": "het gebruik niet uit de antwoorden"}[lang]
    assert any(begin in each and "7" in each for each in told)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_the_program_remarks_stands_in_the_text(done: Study, lang: str) -> None:
    moments = replace(done.found.moments, remarks=("category 5 of CUL01 was joined with 4.",))
    told = replace(done, found=replace(done.found, moments=moments, cause="two estimates are hardly determined."))
    before = set(map(str, prose.estimate(done, Words(lang))))
    fresh = "\n".join(sorted(set(map(str, prose.estimate(told, Words(lang)))) - before))
    assert "category 5 of CUL01 was joined with 4." in fresh
    assert "two estimates are hardly determined." in fresh


def test_a_model_of_everyone_has_no_limit_of_users(done: Study) -> None:
    limit = "who were asked its questions"
    assert done.found.moments.total + sum(n for _, n in done.found.moments.left_out) == done.wave.n
    assert limit not in " ".join(map(str, prose.limits(done, Words("en"))))
    users = replace(done, found=replace(done.found, moments=replace(done.found.moments, left_out=())))
    assert users.found.moments.total < users.wave.n
    assert limit in " ".join(map(str, prose.limits(users, Words("en"))))


@pytest.mark.parametrize(
    ("lang", "why", "begin"),
    [
        ("en", "", "H1: shown to be smaller than .20"),
        ("nl", "", "H1: aangetoond kleiner dan ,20"),
        ("en", "different from zero", "H1: different from zero, but shown to be smaller than .20"),
        ("nl", "different from zero", "H1: verschilt van nul, maar is aangetoond kleiner dan ,20"),
    ],
)
def test_practically_zero_is_told_with_its_size(lang: str, why: str, begin: str) -> None:
    claim = Hypothesis("H1", "OMV01", "CUL", sesoi=0.2)
    verdict = Verdict(claim, verdict="practically zero", reason=why)
    text = " ".join(map(str, judged.reasons([verdict], Words(lang), "small")))
    assert begin in text


def test_the_other_estimator_without_a_minimum_says_why(wave: Wave, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = studied.fit

    def stuck(model: Model, of: Wave, estimator: str = "ML", **how: object):
        found = fitted(model, of, estimator, **how)
        return replace(found, converged=False, cause="it ran away") if estimator == "WLSMV" else found

    monkeypatch.setattr(studied, "fit", stuck)
    beside = studied.study(wave, MODEL, (), "MLR").beside
    assert (beside.estimator, beside.found, beside.reason) == ("WLSMV", None, "it ran away")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_question_that_all_answer_alike_is_remarked(wave: Wave, lang: str) -> None:
    alike = Wave.of(wave.answers.assign(CUL05=4), name="alike")
    told = set(sample.remarks(alike, Words(lang))) - set(sample.remarks(wave, Words(lang)))
    expected = {"en": "CUL05: everyone who answered gave the same answer", "nl": "CUL05: iedereen die antwoordde"}
    assert any(each.startswith(expected[lang]) for each in told)


def test_bases_of_2012_are_left_out_where_none_was_printed(wave: Wave) -> None:
    bare = Codebook(tuple(replace(item, base_n=None) for item in wave.codebook.items), "2014")
    heads = [
        [column.id for column in sample.bases(of, Words("en")).columns] for of in (wave, replace(wave, codebook=bare))
    ]
    assert heads[0] == [*heads[1], "base_2012"]


def test_a_picture_that_can_not_be_drawn_says_why(wave: Wave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: object, **how: object) -> None:
        raise OptionError("the arrows of 900 variables fit on no page.")

    monkeypatch.setattr(main_job.drawing, "diagram", refuse)
    main_job.reproduce(wave, MODEL, (), tmp_path / "out", estimator="MLR")
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "the arrows of 900 variables fit on no page." in html
    assert "<svg" not in html
    assert inline("", "nothing") == ""


def test_a_record_of_an_older_version_has_no_foot() -> None:
    assert list(provenance.lines({}, Words("en"))) == []
    assert list(provenance.lines({"run": "mkb21sem infer"}, Words("en"))) == []


def test_a_plan_without_declarations_says_nothing_of_them() -> None:
    plan = freeze(MODEL, for_model(MODEL), Rules(), "1.0", datetime(2014, 3, 1, tzinfo=UTC))
    told = [str(each) for each in registered.lines(plan, (), Words("en"))]
    declared = replace(plan, study=replace(plan.study, **{dataclasses.fields(plan.study)[0].name: "as declared"}))
    more = [str(each) for each in registered.lines(declared, (), Words("en"))]
    assert len(more) == len(told) + 1
    assert set(told) < set(more)


def test_json_has_arrays_and_versions_of_programs() -> None:
    assert results.plain({"x": np.array([[1.5, np.nan], [2, np.inf]])}) == {"x": [[1.5, None], [2.0, None]]}
    assert results._version("no-such-program-anywhere") == "not installed as a package"


def test_no_text_stands_in_two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "texts").mkdir()
    for name in ("a.csv", "b.csv"):
        (tmp_path / "texts" / name).write_text("key,en,nl\nbanner,Hello,Hallo\n", encoding="utf-8")
    monkeypatch.setattr(words, "files", lambda package: tmp_path)
    with pytest.raises(KeyError, match=r"b\.csv: text `banner` stands in two files"):
        words.texts.__wrapped__()


def test_a_fit_is_printed_with_all_that_is_to_be_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    synthetic_wave().frame(MODEL.observed).to_csv(tmp_path / "t.csv", index=False)
    table = replace(read_table(tmp_path / "t.csv"), notes=("text read as Windows-1252",))
    plain = quick(MODEL, table, "MLR")
    moments = replace(plain.found.moments, remarks=("category 5 of CUL01 was joined with 4.",))
    test = Test("yuan.bentler.mplus", math.nan, 2, "the factor is not positive")
    terminal.print_fit(
        replace(plain, found=replace(plain.found, moments=moments, cause="hardly determined", scaled=test))
    )
    printed = capsys.readouterr().out
    for line in (
        "text read as Windows-1252",
        "category 5 of CUL01 was joined with 4.",
        "hardly determined",
        "yuan.bentler.mplus: none (the factor is not positive).",
    ):
        assert line in printed.splitlines()
    terminal.print_fit(replace(plain, found=replace(plain.found, converged=False, cause="it ran away")))
    printed = capsys.readouterr().out
    assert "it ran away" in printed
    assert "Estimates" not in printed


def test_an_earlier_output_comes_back_if_it_can_not_be_exchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(text: str) -> None:
        with outputs.whole(tmp_path / "out") as folder:
            (folder / "results.json").write_text(f'{{"made_by": "mkb21sem", "text": "{text}"}}', encoding="utf-8")

    write("first")
    move = Path.rename

    def busy(self: Path, target: Path) -> Path:
        if (self / "results.json").exists() and "second" in (self / "results.json").read_text(encoding="utf-8"):
            raise PermissionError(13, "Permission denied")
        return move(self, target)

    monkeypatch.setattr(Path, "rename", busy)
    with pytest.raises(OptionError, match=r"the folder can't be written \(Permission denied\)"):
        write("second")
    assert "first" in (tmp_path / "out" / "results.json").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_can_not_be_looked_into_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out").mkdir()

    def locked(self: Path, pattern: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rglob", locked)
    with pytest.raises(OptionError, match=r"--out .*out: the folder can't be written \(Permission denied\)"):
        outputs.replaceable(tmp_path / "out")
