"""The measurement dossier: every sentence, table and picture of it, planted faults, groups, and the command."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from typer.testing import CliRunner

from mkb21sem import cli
from mkb21sem.errors import OptionError
from mkb21sem.estimate.fit import fit
from mkb21sem.infer.globalfit.indices import indices
from mkb21sem.report.dossier import chapter, page
from mkb21sem.report.dossier.forms import Rivalry, best
from mkb21sem.report.dossier.inquiry import Depth, part_of, subsets, without_constants
from mkb21sem.report.dossier.meanings import MEANINGS, answer, meaning
from mkb21sem.report.dossier.pictures import pictures
from mkb21sem.report.dossier.sections import RULES, SECTIONS, sections
from mkb21sem.report.dossier.sentences import called, plain
from mkb21sem.report.dossier.tables import every, further
from mkb21sem.report.words import Words, texts
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave
from mkb21sem.validate import (
    factors,
    htmt,
    method,
    missing,
    parallel,
    reliability,
    respondents,
    retain,
    shape,
    validity,
)
from mkb21sem.validate import screening as screening_module
from mkb21sem.validate.findings import findings, method_findings
from mkb21sem.validate.method import method_bias
from mkb21sem.validate.rivals import WORDS, rival_models
from mkb21sem.validate.screening import screen

LIGHT = Depth(draws=40, random=40, polychoric=False)
LANGUAGES = ("en", "nl")
WAVE = synthetic_wave()


@pytest.fixture(scope="module")
def whole() -> page.Dossier:
    return page.dossier(WAVE, "en", depth=LIGHT)


def words(lang: str) -> Words:
    return Words(lang, called(WAVE.codebook))


@pytest.fixture(scope="module", params=LANGUAGES)
def written(request, whole) -> tuple[str, str]:
    """The page in each language; its pictures are looked at elsewhere."""
    own = replace(whole, words=words(request.param))
    made = sections(own.inquiries, every(own.inquiries, own.words), {}, own.words)
    return request.param, page.page(own, made, {})


def test_the_page_needs_nothing_from_elsewhere_and_says_that_it_is_synthetic(written) -> None:
    lang, html = written
    assert not re.search(r'src="(?!data:|#)|href="(?!data:|#|https://doi\.org/10\.)', html)
    assert "<script" not in html
    assert texts()["banner"][lang] in html
    assert html.count('class="synthetic"') >= len(SECTIONS)


def test_every_section_table_and_rule_is_there(written, whole) -> None:
    lang, html = written
    for name in SECTIONS:
        assert f'id="{name}"' in html
        assert texts()[f"dossier.{name}"][lang].replace("’", "’") in html
    for name in every(whole.inquiries, words(lang)):
        assert f'id="table-{name}"' in html
        for rule in RULES[name]:
            assert texts()[f"rule.{rule}"][lang][:40].replace("'", "&#39;") in html


def test_no_number_without_a_story_and_no_gap_in_a_sentence(written) -> None:
    _, html = written
    text = re.sub(r'src="data:[^"]*"|<style>.*?</style>', "", html, flags=re.DOTALL)
    assert not re.search(r"\bnan\b|>None<|\{\w+\}", text)


def test_every_table_has_a_sentence(whole) -> None:
    for name in every(whole.inquiries, words("en")):
        assert name in MEANINGS
        assert meaning(name, whole.inquiries[0]), name


def test_what_is_reconstruction_is_said(written) -> None:
    lang, html = written
    for construct in ("CUL", "OMG"):
        name = words(lang).short(construct)
        assert texts()["dossier.reconstruction_whole"][lang].format(construct=name) in html
    assert texts()["dossier.flagged"][lang] in html


def test_the_published_alpha_is_beside_the_waves_interval(whole) -> None:
    said = [plain(each, words("en")) for each in meaning("d_reliability", whole.inquiries[0])]
    assert any("the published α = .944 (5 items, M = 3.64) lies within this wave’s interval" in each for each in said)


def test_motives_are_a_second_order_factor_and_experience_follows(whole) -> None:
    one = whole.inquiries[0]
    assert {name: own.best for name, own in one.rivalries.items()} == {
        "MOT": "second",
        "ERV": "second",
        "": "correlated",
    }
    said = "\n".join(plain(each, words("en")) for name in ("d_rivals", "d_congruence") for each in meaning(name, one))
    assert "Motives: a second-order factor. The 4 forms of the communication mix are there" in said
    assert "The items of Experience follow those of Motives" in said
    dutch = "\n".join(plain(each, words("nl")) for each in meaning("d_rivals", one))
    assert "Motivatie: een tweede-ordefactor. De 4 vormen van de communicatiemix" in dutch


def test_rivals_have_differences_and_criteria(whole) -> None:
    table = whole.inquiries[0].rivalries["MOT"].table
    robust = table[table["estimator"] == "MLR"].set_index("rival")
    assert robust.loc["one", "d_df"] == 6
    assert robust.loc["one", "d_p"] < 0.001 < robust.loc["second", "d_p"]
    assert robust["bic"].notna().all()
    ordinal = table[table["estimator"] == "WLSMV"].set_index("rival")
    assert ordinal["bic"].isna().all()
    assert ordinal.loc["one", "d_p"] < 0.001


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("best_one", ["one", "second", "correlated", "bifactor", ""])
def test_every_answer_has_words(best_one, lang) -> None:
    columns = ("df", "bic", "rmsea", "cfi", "d_chisq", "d_df", "d_p")
    rows = [{"rival": name, "estimator": "MLR"} | dict.fromkeys(columns, 1.0) for name in WORDS]
    for construct in ("MOT", ""):
        said = plain(answer(construct, Rivalry(construct, {}, pd.DataFrame(rows), best_one), 4), words(lang))
        assert "{" not in said
        assert len(said) > 60


def test_one_factor_is_told_from_forms() -> None:
    rng = np.random.default_rng(20120314)
    y = 0.7 * rng.standard_normal((400, 1)) + 0.7 * rng.standard_normal((400, 9))
    rows = pd.DataFrame(y, columns=[f"y{i}" for i in range(9)])
    forms = {name: [f"y{i}" for i in own] for name, own in (("a", (0, 1, 2)), ("b", (3, 4, 5)), ("c", (6, 7, 8)))}
    found = [one for one in rivals_of(rows, forms) if one["rival"] != "bifactor"]
    assert best(pd.DataFrame(found)) == "one"


def rivals_of(rows: pd.DataFrame, forms: dict[str, list[str]]) -> list[dict[str, object]]:
    """BIC, df and admissibility of all rivals but the bifactor model, which crawls where there is one factor only."""
    made = []
    for name, model in rival_models(forms).items():
        if name != "bifactor":
            fitted = fit(model, rows)
            values = indices(fitted)
            made.append({"rival": name, "df": fitted.test.df, "bic": values["bic"], "admissible": fitted.converged})
    return made


def test_the_plainest_of_equals_is_best_and_improper_ones_never_are() -> None:
    table = pd.DataFrame({"rival": ["one", "second", "correlated"], "df": [9, 7, 6], "bic": [101.0, 100.0, 90.0]})
    assert best(table.assign(admissible=[True, True, False])) == "one"
    assert best(table.assign(admissible=True)) == "correlated"
    assert best(table.assign(admissible=False)) == ""


def written_on(figure: Figure) -> Iterator[Text]:
    """Every text that is drawn."""
    yield from figure.texts
    yield from (text for text in (figure._suptitle, figure._supxlabel) if text is not None)
    for axes in figure.axes:
        yield from (*axes.texts, axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label)
        if axes.get_legend() is not None:
            yield from axes.get_legend().get_texts()
        for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            low, high = sorted(limits)
            for tick in axis.get_major_ticks():
                if low <= tick.get_loc() <= high and tick.label1.get_visible() and axes.axison:
                    yield tick.label1


SOME = {"en": ("d_retention", "d_ratios"), "nl": ()}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pictures_have_alternatives_and_no_text_outside(whole, lang) -> None:
    drawn = pictures(whole.inquiries, words(lang), SOME[lang])
    charts = [chart for own in drawn.values() for chart in own]
    if lang == "nl":
        asked = {"scree", "htmt", "reliability", "loadings_explored", "loadings_crossed", "answers_MOT"}
        assert asked <= {chart.name for chart in charts}
    for chart in charts:
        assert len(chart.alt) > 40
        assert chart.image(b"<svg/>").startswith("<img alt=")
        chart.figure.canvas.draw()
        edge = chart.figure.bbox
        for text in written_on(chart.figure):
            if text.get_text().strip():
                box = text.get_window_extent()
                inside = box.x0 > -1 and box.y0 > -1 and box.x1 < edge.x1 + 1 and box.y1 < edge.y1 + 1
                assert inside, f"{chart.name}: {text.get_text()!r}"


ITEMS = [name for name in WAVE.answers if name[:3] in ("CUL", "OMG", "MOT", "ERV", "REP")]


def planted() -> Wave:
    """The wave with a weak item, a reversed one and a careless respondent."""
    answers = WAVE.answers.copy()
    rng = np.random.default_rng(20120314)
    asked = answers["REP02"] > 0
    answers.loc[asked, "REP02"] = 6 - answers.loc[asked, "REP02"]
    asked = answers["CUL06"] > 0
    answers.loc[asked, "CUL06"] = rng.permutation(answers.loc[asked, "CUL06"])
    answers.loc[WAVE.users[WAVE.users].index[10], ITEMS] = 3
    return Wave.of(answers, name="planted", synthetic=True)


def test_planted_faults_are_named_in_both_languages() -> None:
    wave = planted()
    careless = WAVE.users[WAVE.users].index[10]
    found = findings(screen(wave))
    said = {lang: "\n".join(plain(each, words(lang)) for each in found) for lang in LANGUAGES}
    assert "REP02 points against the other items of Reputation effect" in said["en"]
    assert "REP02 wijst tegen de andere items van Reputatie-effect in" in said["nl"]
    assert "CUL06 hardly belongs to the other items of Culture" in said["en"]
    assert "CUL06 hoort nauwelijks bij de andere items van Cultuur" in said["nl"]
    assert f"Respondent {careless} may have answered carelessly" in said["en"]
    assert f"Respondent {careless} heeft misschien onzorgvuldig geantwoord" in said["nl"]


def test_a_planted_method_factor_in_the_answers_is_named_in_both_languages() -> None:
    answers = WAVE.answers.copy()
    habit = np.random.default_rng(20120314).standard_normal(len(answers))
    for name in ITEMS:
        asked = answers[name] > 0
        answers.loc[asked, name] = (answers[name] + np.round(habit)).clip(1, 5)[asked].astype(int)
    wave = Wave.of(answers, name="habit", synthetic=True)
    found = method_findings(method_bias(fit(Model.read("mkb21"), wave, "MLR")))
    said = {lang: "\n".join(plain(each, words(lang)) for each in found) for lang in LANGUAGES}
    assert "A common method factor is found" in said["en"]
    assert "Er is een gemeenschappelijke methodefactor" in said["nl"]
    assert "moves from" in said["en"]


def test_groups_stand_side_by_side(tmp_path) -> None:
    own_wave(tmp_path)
    wave = Wave.read(tmp_path / "own.csv", tmp_path / "book.csv")
    found = page.dossier(wave, "en", "SEX01", LIGHT)
    assert [one.group for one in found.inquiries] == ["woman", "man"]
    assert sum(one.wave.n for one in found.inquiries) == wave.n
    tables = every(found.inquiries, found.words)
    assert all("respondents" in table.frame for table in tables.values())
    assert set(tables["d_reliability"].frame["respondents"]) == {"woman", "man"}
    assert further(found.inquiries)["patterns"]["respondents"].nunique() == 2
    made = sections(found.inquiries, tables, {}, found.words)
    assert "<b>woman</b>" in "".join(block.sentences[0] for section in made for block in section.blocks)
    forest = pictures(found.inquiries, found.words, ["d_reliability"])["d_reliability"][0]
    assert len(forest.figure.axes) == 3


def test_groups_are_called_what_they_are() -> None:
    assert page.group_name(WAVE.codebook, words("en"), "ZZP", 1.0) == "One person"
    assert page.group_name(WAVE.codebook, words("nl"), "ZZP", 0.0) == "2–250"
    assert page.group_name(WAVE.codebook, words("nl"), "MKT01", 1.0) == "aangekruist"
    assert page.group_name(WAVE.codebook, words("en"), "EU_ANY", 1.0).endswith("= 1")
    parts = subsets(WAVE, "ZZP", str)
    assert sum(part.n for part in parts.values()) == 312


def test_a_cause_that_is_constant_in_a_group_leaves_the_model() -> None:
    alone = subsets(WAVE, "ZZP", str)["1.0"]
    found = without_constants(Model.read("mkb21"), alone)
    assert "OMV01" not in found.observed
    assert "MKT02" in found.observed
    assert without_constants(Model.read("mkb21"), WAVE).observed == Model.read("mkb21").observed


def test_a_part_keeps_what_the_wave_is() -> None:
    part = part_of(WAVE, WAVE.answers.index[:20])
    assert (part.n, part.synthetic, part.name) == (20, True, WAVE.name)


@pytest.mark.parametrize("column", ["TOE_M", "USER_"])
def test_columns_that_tell_no_groups_are_refused(column) -> None:
    with pytest.raises(Exception, match=r"two to four|no item or derived"):
        subsets(WAVE, column, str)


def test_the_chapter_is_empty_without_scales_and_full_with_them() -> None:
    assert chapter.chapter(Wave.of(WAVE.answers[["REG01", "SEC01"]]), "en") == ""
    html = chapter.chapter(WAVE, "nl")
    assert html.count("<img alt=") == 3
    assert not re.search(r'src="(?!data:|#)|href="(?!data:|#|https://doi\.org/10\.)', html)
    assert "een tweede-ordefactor" in html
    assert texts()["dossier.reconstruction_whole"]["nl"].format(construct="Cultuur") in html
    for name in chapter.LISTED:
        assert f'id="table-{name}"' in html


RULES_OF = {
    "weak": screening_module.WEAK_RULE,
    "reversed": screening_module.REVERSED_RULE,
    "shape": shape.SHAPE_RULE,
    "crowded": shape.CROWDED_RULE,
    "mcar": missing.MCAR_RULE,
    **{f"careless_{name}": rule for name, rule in respondents.CARELESS_RULES.items()},
    "kmo": factors.KMO_RULE,
    **{f"retain_{name}": rule for name, rule in retain.RULES.items()},
    "congruence": parallel.CONGRUENCE_RULE,
    "reliability": reliability.RELIABILITY_RULE,
    "variance": reliability.VARIANCE_RULE,
    "correlation": validity.CORRELATION_RULE,
    "fornell_larcker": validity.FORNELL_LARCKER_RULE,
    "loading": validity.LOADING_RULE,
    "htmt": htmt.HTMT_RULE,
    "harman": method.HARMAN_RULE,
    "collinearity": method.COLLINEARITY_RULE,
    "marker": method.MARKER_RULE,
    "method": method.METHOD_RULE,
}


@pytest.mark.parametrize("name", list(RULES_OF))
def test_rules_of_thumb_are_those_of_the_functions(name) -> None:
    assert texts()[f"rule.{name}"]["en"] == RULES_OF[name]


def own_wave(folder: Path) -> None:
    """A wave of another questionnaire: two batteries of four questions that correlate, 200 respondents."""
    codes = "1=nooit | 2=soms | 3=vaak | 4=altijd,1=never | 2=sometimes | 3=often | 4=always"
    asked = [(construct, at) for construct in ("Trust", "Effort") for at in (1, 2, 3, 4)]
    lines = ["construct,item,label_nl,label_en,codes_nl,codes_en,measure,asked"]
    lines.append("Sex,SEX01,Geslacht,Sex,1=vrouw | 2=man,1=woman | 2=man,nominal,all")
    lines += [f"{c},{c[:3].upper()}0{i},Vraag {i},Question {i},{codes},ordinal,all" for c, i in asked]
    (folder / "book.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rng = np.random.default_rng(20120314)
    common = 0.7 * rng.standard_normal((200, 1)) + 0.7 * np.repeat(rng.standard_normal((200, 2)), 4, axis=1)
    latent = common * rng.uniform(0.7, 1.0, 8) + 0.6 * rng.standard_normal((200, 8))
    names = [f"{c[:3].upper()}0{i}" for c, i in asked]
    rows = pd.DataFrame(np.digitize(latent, [-1, 0, 1]) + 1, columns=names)
    rows.insert(0, "respondent", range(1, 201))
    rows.insert(1, "SEX01", rng.integers(1, 3, 200))
    rows.to_csv(folder / "own.csv", index=False)


def test_the_command_on_a_wave_of_ones_own(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    own_wave(tmp_path)
    arguments = ["validate", "own.csv", "--codebook", "book.csv", "--draws", "50", "--lang", "nl", "--out", "seen"]
    done = CliRunner().invoke(cli.app, arguments)
    assert done.exit_code == 0, done.output
    assert "Alle constructen samen: ze verschillen" in done.output
    assert "Meetdossier" in done.output
    html = (tmp_path / "seen" / page.NAME).read_text(encoding="utf-8")
    assert texts()["banner"]["nl"] not in html
    assert texts()["dossier.measurement"]["nl"] in html
    assert "Effort" in html
    out = tmp_path / "seen"
    content = json.loads((out / "results.json").read_text(encoding="utf-8"))
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert there - {"results.json"} == set(content["files"]) - {"results.json"}
    assert {"pictures/htmt.svg", "pictures/scree.png", "tables/loadings.csv"} <= there
    assert ";" in (out / "tables" / "ratios.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert content["groups"][0]["meanings"]


BAD = {
    "folder of another": (["validate", "--out", "."], "the folder you work in"),
    "no file": (["validate", "nowhere.csv"], "nowhere.csv"),
    "no group": (["validate", "--group", "TOE_M", "--draws", "0"], "two to four"),
    "language": (["validate", "--lang", "de"], "'en', 'nl'"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_says_what_is_wrong_and_writes_nothing(case, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    arguments, said = BAD[case]
    done = CliRunner().invoke(cli.app, arguments)
    assert done.exit_code == 2
    assert said in done.output
    assert "Traceback" not in done.output
    assert not list(tmp_path.iterdir())


def test_a_wave_without_scales_is_refused() -> None:
    with pytest.raises(OptionError, match="nothing to validate"):
        page.dossier(Wave.of(WAVE.answers[["REG01", "SEC01"]]))
