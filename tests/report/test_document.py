import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest

from mkb21sem.report.reproduce import reproduce
from mkb21sem.report.results import plain
from mkb21sem.specify.hypothesis import Hypothesis, for_model
from mkb21sem.specify.model import Model
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave
from tests.report.page import Page

SMALL = "# title: Small\nMOT =~ MOT_PR + MOT_VERKOOP + MOT_WEBCARE + MOT_CRISIS # implied\nINTENS ~ MOT # A6 implied"
FAILS = "F =~ REP01 + REP02 + REP03\nG =~ REG01 + SEC01\nF ~ G"


def strict(path):
    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


@pytest.fixture(scope="module")
def wave():
    return synthetic_wave()


@pytest.fixture(scope="module", params=["en", "nl"])
def written(request, wave, tmp_path_factory):
    """Language, output folder, page and results of the main job."""
    out = tmp_path_factory.mktemp("written") / request.param
    reproduce(wave, Model.read("mkb21"), Hypothesis.read("mkb21"), out, request.param)
    page = Page.of((out / "report.html").read_text(encoding="utf-8"))
    return request.param, out, page, strict(out / "results.json")


@pytest.fixture(scope="module")
def holes(wave):
    answers = wave.answers.copy()
    users = wave.users[wave.users].index
    answers.loc[users[:5], "MOT02"] = -8
    answers.loc[users[5:8], "MOT04"] = -9
    return Wave.of(answers, name="with holes")


def figure(x, places, lang, bounded=False):
    """What should stand in a cell, written without the package's own formatting."""
    if x is None:
        return "–"
    text = format(x, f",.{places}f")
    text = text.removeprefix("-") if float(text.replace(",", "")) == 0 else text
    text = text.replace("-", "−")
    if bounded:
        text = re.sub(r"^(−?)0\.", r"\1.", text)
    return text.translate(str.maketrans(",.", ".,")) if lang == "nl" else text


def p_figure(p, lang):
    if p is None:
        return "–"
    text = "< .001" if p < 0.001 else "> .999" if p > 0.999 else f"{p:.3f}"[1:]
    return text.replace(".", ",") if lang == "nl" else text


class TestNumbers:
    @pytest.mark.parametrize(("table", "op"), [("paths", "~"), ("loadings", "=~"), ("covariances", "~~")])
    def test_every_estimate_is_that_of_the_results_rounded(self, written, table, op):
        lang, _, page, results = written
        expected = [row for row in results["estimates"] if row["op"] == op]
        rows = page.rows(table)
        assert len(rows) == len(expected) > 10
        for row, given in zip(rows, expected, strict=True):
            assert row["B"] == figure(given["est"], 3, lang)
            assert row["SE"] == figure(given["se"], 3, lang)
            assert row["z"] == figure(given["z"], 2, lang)
            assert row["p"] == p_figure(given["p"], lang)
            assert row["β"] == figure(given["std"], 2, lang, bounded=True)
            between = "; " if lang == "nl" else ", "
            ends = between.join(figure(given[end], 3, lang) for end in ("low", "high"))
            assert row["95%-BI" if lang == "nl" else "95% CI"] == (f"[{ends}]" if given["se"] is not None else "–")

    def test_fit_indices(self, written):
        lang, _, page, results = written
        rows = page.rows("indices")
        heads = list(rows[0])
        shown, scaled, robust = ({row[heads[1]]: row[heads[at]] for row in rows} for at in (2, 3, 4))
        for name in ("cfi", "tli", "rmsea", "srmr"):
            assert shown[name] == figure(results["fit"][name], 3, lang, bounded=True)
        for name in ("cfi", "tli", "rmsea"):
            assert scaled[name] == figure(results["fit"][f"{name}.scaled"], 3, lang, bounded=True)
            assert robust[name] == figure(results["fit"][f"{name}.robust"], 3, lang, bounded=True)
        assert scaled["chisq"] == figure(results["fit"]["chisq.scaled"], 2, lang)
        assert scaled["pvalue"] == p_figure(results["fit"]["pvalue.scaled"], lang)
        assert scaled["chisq.scaling.factor"] == figure(results["fit"]["chisq.scaling.factor"], 3, lang)
        assert shown["chisq"] == figure(results["fit"]["chisq"], 2, lang)
        assert shown["df"] == str(int(results["fit"]["df"]))
        assert shown["aic"] == figure(results["fit"]["aic"], 2, lang)
        assert f"χ²(254) = {scaled['chisq']}, p = {scaled['pvalue']} (MLR" in page.text

    def test_verdicts(self, written):
        lang, _, page, results = written
        dutch = {"supported": "ondersteund", "undecided": "onbeslist", "opposite": "tegengesteld"}
        rows = page.rows("verdicts")
        assert len(rows) == len(results["hypotheses"]) == 17
        for row, given in zip(rows, results["hypotheses"], strict=True):
            cells = list(row.values())
            assert cells[0] == given["id"]
            assert row["β"] == figure(given["std"], 2, lang, bounded=True)
            assert row["p"] == p_figure(given["p_test"], lang)
            assert cells[7] == p_figure(given["p_adjusted"], lang)
            assert cells[8] == p_figure(given["p_equivalence_adjusted"], lang)
            assert cells[-1] == (dutch[given["verdict"]] if lang == "nl" else given["verdict"])

    def test_sizes(self, written):
        lang, _, page, results = written
        rows = page.rows("sizes")
        assert len(rows) == 17
        for row, given in zip(rows, results["hypotheses"], strict=True):
            shown = [row[key] for key in ("β", "f²", "ΔR²", "SESOI", "MDE")]
            places = {"std": 2, "f2": 3, "delta_r2": 3, "sesoi": 2, "detectable": 2}
            none = {"f2", "delta_r2"} if " → " in given["path"].partition(" → ")[2] else set()
            wanted = [
                "–" if name in none else figure(given[name], digits, lang, bounded=True)
                for name, digits in places.items()
            ]
            assert shown == wanted

    def test_an_undecided_one_is_never_called_no_effect(self, written):
        lang, _, page, results = written
        undecided = [row for row in results["hypotheses"] if row["verdict"] == "undecided"]
        assert undecided
        for row in undecided:
            said = {"en": "undecided, which is not “no effect”", "nl": "onbeslist, wat niet “geen effect” is"}[lang]
            sentence = page.text.partition(f"{row['id']}: {said}")[2].partition("%")[0]
            assert figure(row["detectable"], 2, lang, bounded=True) in sentence
            assert figure(row["std_high"], 2, lang, bounded=True) in sentence

    def test_the_other_estimator_stands_beside(self, written):
        lang, _, page, results = written
        other = results["beside"]
        assert (results["model"]["estimator"], other["estimator"]) == ("MLR", "WLSMV")
        ours, theirs = ([row for row in of["estimates"] if row["op"] == "~"] for of in (results, other))
        rows = page.rows("beside")
        assert len(rows) == len(ours) == len(theirs) == 14
        for row, one, two in zip(rows, ours, theirs, strict=True):
            assert row["β MLR"] == figure(one["std"], 2, lang, bounded=True)
            assert row["β WLSMV"] == figure(two["std"], 2, lang, bounded=True)
            assert (row["p MLR"], row["p WLSMV"]) == (p_figure(one["p"], lang), p_figure(two["p"], lang))
        test = figure(other["fit"]["chisq.scaled"], 2, lang), p_figure(other["fit"]["pvalue.scaled"], lang)
        assert "χ²(254) = {}, p = {}, N = 256".format(*test) in page.text

    def test_verdicts_that_the_other_estimator_would_change_are_named(self, written):
        _, _, page, results = written
        pairs = zip(results["hypotheses"], results["beside"]["hypotheses"], strict=True)
        changed = [one["id"] for one, two in pairs if one["verdict"] != two["verdict"]]
        assert changed == results["beside"]["changed"]
        assert changed
        said = page.text.partition("β MLR")[0].rpartition("WLSMV")[0].rpartition("N = 256")[2]
        assert re.findall(r"(H\d+\w?) \(", said) == changed

    def test_says_which_estimator_and_why(self, written):
        lang, _, page, results = written
        assert results["model"]["reason"]["rule"] == "symmetric"
        assert (results["model"]["missing"], results["beside"]["missing"]) == ("listwise", "listwise")
        skewness = figure(results["model"]["reason"]["skewness"], 2, lang)
        assert f"{skewness} (CUL04)" in page.text
        assert {"en": "the 13 Likert items", "nl": "de 13 Likertitems"}[lang] in page.text
        assert "Yuan & Bentler, 2000" in page.text

    def test_explained_variance_and_reliability(self, written):
        lang, _, page, results = written
        r2 = {row["variable"]: row["r2"] for row in results["r_squared"]}
        for row in page.rows("explained"):
            name, _, shown = row.values()
            assert shown == figure(r2[name], 2, lang, bounded=True)
        alpha = {row["Construct"]: row["α"] for row in page.rows("reliability")}
        assert alpha["REP"] == (",944" if lang == "nl" else ".944")

    def test_counts_of_the_summary(self, written):
        lang, _, page, results = written
        verdicts = [row["verdict"] for row in results["hypotheses"]]
        word = {"en": "supported", "nl": "ondersteund"}[lang]
        assert f"{verdicts.count('supported')} {word}" in page.text
        assert results["data"]["n"] == 314
        assert results["data"]["n_used"] == 256


class TestResults:
    def test_has_what_is_promised(self, written):
        _, _, _, results = written
        assert {"software", "data", "model", "fit", "estimates", "hypotheses", "second_opinion"} <= set(results)
        assert {"file", "sha256", "n", "synthetic"} <= set(results["data"])
        assert results["data"]["synthetic"] is True
        assert re.fullmatch(r"[0-9a-f]{64}", results["data"]["sha256"])
        assert {"lhs", "op", "rhs", "est", "se", "z", "p", "low", "high", "std"} <= set(results["estimates"][0])
        assert results["second_opinion"]["agrees"] is True
        assert Model.parse(results["model"]["spec"]) == Model.read("mkb21")

    def test_lists_its_files(self, written):
        _, out, _, results = written
        there = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
        assert results["files"] == there
        assert {"report.html", "diagram.svg", "diagram.pdf", "diagram.png", "results.json"} <= set(there)

    def test_nan_becomes_null(self):
        assert plain({"a": float("nan"), "b": [math.inf, 1.5], "c": True, "d": (1, None)}) == {
            "a": None,
            "b": [None, 1.5],
            "c": True,
            "d": [1, None],
        }

    def test_the_same_wave_gives_the_same_bytes(self, wave, tmp_path):
        model = Model.parse(SMALL, name="small")
        for name in ("a", "b"):
            reproduce(wave, model, for_model(model), tmp_path / name)
        for path in (tmp_path / "a").rglob("*"):
            if path.is_file():
                assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes(), path.name


class TestPage:
    def test_needs_nothing_from_elsewhere(self, written):
        _, out, page, _ = written
        html = (out / "report.html").read_text(encoding="utf-8")
        assert "script" not in {tag for tag, _ in page.tags}
        for tag, attributes in page.tags:
            assert not attributes.keys() & {"src", "srcset", "data", "action", "background", "onload"}, tag
            for name in ("href", "xlink:href"):
                leads = attributes.get(name, "#")
                assert leads.startswith("#") or (tag == "a" and leads.startswith("https://doi.org/10.")), (tag, leads)
        assert not re.search(r"@import|url\((?!#)", html)

    def test_links_lead_somewhere_and_ids_are_unique(self, written):
        _, _, page, _ = written
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        links = [given["href"][1:] for tag, given in page.tags if tag == "a" and given["href"].startswith("#")]
        assert set(links) <= set(ids)
        assert {"survey", "describe", "specify", "estimate", "validate", "infer", "report"} <= set(links)

    def test_sections_follow_the_seven_steps_and_say_synthetic(self, written):
        lang, _, page, _ = written
        word = {"en": "synthetic data", "nl": "synthetische data"}[lang]
        sections = page.headings[1:]
        assert sections.pop() == {"en": "References", "nl": "Literatuur"}[lang]
        assert [heading[0] for heading in sections[1:]] == list("1234567")
        assert all(word in heading for heading in sections)
        image = next(attributes for tag, attributes in page.tags if tag == "svg")
        assert image["role"] == "img"
        assert image["aria-label"].startswith({"en": "Synthetic data", "nl": "Synthetische data"}[lang])
        assert ("html", {"lang": lang}) in page.tags

    def test_captions_are_numbered_in_order(self, written):
        lang, _, page, _ = written
        word = {"en": "Table", "nl": "Tabel"}[lang]
        for at, (name, caption) in enumerate(page.captions.items(), start=1):
            assert re.match(rf"{word} {at}(?!\d)", caption.strip()), name
        assert len(page.captions) == len(page.tables) >= 15

    def test_headings_of_tables_have_a_scope_and_boxes_can_be_scrolled_by_keyboard(self, written):
        _, _, page, _ = written
        assert all(attributes.get("scope") in ("col", "row") for tag, attributes in page.tags if tag == "th")
        boxes = [attributes for _, attributes in page.tags if attributes.get("class") == "scroll"]
        assert len(boxes) == len(page.tables) + 1
        assert all(box["tabindex"] == "0" and box["aria-labelledby"] for box in boxes)

    def test_every_hypothesis_shows_its_quotation_and_evidence(self, written):
        _, _, page, _ = written
        for claim in Hypothesis.read("mkb21"):
            assert claim.quotation in page.text
            assert claim.theory in page.text
        evidence = [attributes["class"] for _, attributes in page.tags if "tag evidence" in attributes.get("class", "")]
        assert len(evidence) == 3 * 17 + 14  # hypotheses, what they rest on, verdicts; paths

    def test_says_which_figures_were_met_and_how_far_the_programs_agree(self, written):
        lang, _, page, _ = written
        numbers = [row[0] for row in page.tables["published"][1:]]
        assert len(numbers) == len(set(numbers)) > 25
        assert ("agrees with 25" if lang == "en" else "met 25 ervan overeen") in page.text
        assert "semopy 2." in page.text

    def test_is_well_formed(self, written):
        _, _, page, _ = written
        assert page.unclosed == []

    def test_colours_have_enough_contrast(self, written):
        _, out, _, _ = written
        style = (out / "report.html").read_text(encoding="utf-8").split("<style>")[1].split("</style>")[0]
        variables = dict(re.findall(r"(--[a-z]+): (#[0-9a-f]{3,6})", style))
        rules = re.findall(r"\{([^{}]*)\}", style)
        grounds = [variables[name] for name in ("--paper", "--tint")]
        pairs = [(variables[name], ground) for name in ("--ink", "--soft", "--accent") for ground in grounds]
        for rule in rules:
            colours = dict(re.findall(r"(?:^|[;\s])(color|background):\s*(#[0-9a-f]{3,6})", rule))
            if len(colours) == 2:
                pairs.append((colours["color"], colours["background"]))
        assert len(pairs) >= 11
        assert min(contrast(*pair) for pair in pairs) >= 4.5


def contrast(one, other):
    """WCAG 2.1 contrast ratio."""

    def luminance(colour):
        digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
        channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


class TestOtherWaves:
    def test_a_wave_that_is_not_synthetic_says_so_nowhere(self, wave, tmp_path):
        real = Wave.of(wave.answers, name="Wave 2014", source="wave2014.csv")
        model = Model.parse(SMALL, name="small")
        reproduce(real, model, for_model(model), tmp_path / "out")
        html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
        assert "ynthetic" not in html.split("</style>")[1]
        assert "nothing about real firms" not in html
        assert "wave2014.csv" in html
        assert strict(tmp_path / "out" / "results.json")["data"]["file"] == "wave2014.csv"

    def test_labels_and_names_are_escaped(self, wave, tmp_path):
        risky = '<img src=x onerror="alert(1)"> & {braces} *stars* --> '
        items = tuple(replace(i, label_en=risky) if i.id == "OMV01" else i for i in Codebook.read().items)
        shown = Wave.of(wave.answers, Codebook(items), name="<script>alert(1)</script>")
        text = f"# title: <b>bold</b>\n{SMALL.partition(chr(10))[2]}\nMOT ~ OMV01"
        model = Model.parse(text, name="<i>x</i>")
        reproduce(shown, model, for_model(model), tmp_path / "out")
        html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
        page = Page.of(html)
        assert not {"img", "script"} & {tag for tag, _ in page.tags}
        assert "<b>bold" not in html
        assert risky.strip() in page.text
        assert "<script>alert(1)</script> has 314 respondents" in page.text

    def test_answers_that_are_missing_are_counted_and_the_rest_of_the_row_used(self, holes, tmp_path):
        model = Model.parse(SMALL, name="small")
        reproduce(holes, model, for_model(model), tmp_path / "out")
        page = Page.of((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
        rows = {row["Item"]: row for row in page.rows("missing")}
        assert rows["MOT02"]["Don’t know (−8)"] == "5"
        assert rows["MOT02"]["Not asked (−7)"] == "58"
        assert rows["MOT04"]["No answer (−9)"] == "3"
        assert "256 respondents count, 8 of them with an answer missing. 58 were not asked all" in page.text
        assert "full information maximum likelihood" in page.text
        assert {row["Variable"]: row["N"] for row in page.rows("descriptives")}["MOT_PR"] < "256"
        assert "nan" not in page.text.lower().split()
        results = strict(tmp_path / "out" / "results.json")
        assert (results["data"]["n"], results["data"]["n_used"], results["data"]["left_out"]) == (314, 256, {})
        assert (results["model"]["estimator"], results["model"]["missing"]) == ("MLR", "fiml")
        assert results["model"]["reason"]["incomplete"] == 8
        assert "incomplete" in results["second_opinion"]["reason"]

    def test_rows_with_a_missing_answer_are_left_out_when_asked_for(self, holes, tmp_path):
        model = Model.parse(SMALL, name="small")
        reproduce(holes, model, for_model(model), tmp_path / "out", missing="listwise")
        page = Page.of((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
        assert "248 respondents count. 58 were not asked all questions of the model, and 8 left one" in page.text
        data = strict(tmp_path / "out" / "results.json")["data"]
        assert (data["n"], data["n_used"], sum(data["left_out"].values())) == (314, 248, 8)

    @pytest.mark.parametrize("lang", ["en", "nl"])
    def test_skewed_answers_get_the_ordinal_estimator(self, wave, tmp_path, lang):
        answers = wave.answers.copy()
        asked = answers.index[answers["REP02"] != -7]
        best = answers.loc[asked, ["REP01", "REP03", "REP04"]].sum(axis=1).rank(method="first")
        answers.loc[asked, "REP02"] = np.select([best < 5, best < 12, best < 25], [1, 3, 4], 5)
        answers.loc[asked[0], "REP02"], answers.loc[asked[1], "REP03"] = 2, -9
        skewed = Wave.of(answers, name="skewed")
        model = Model.parse("REP =~ REP01 + REP02 + REP03 + REP04\nREP ~ INTENS", name="reputation")
        done = reproduce(skewed, model, for_model(model), tmp_path / "out", lang)
        assert (done.choice.estimator, done.choice.missing, done.choice.reason) == ("WLSMV", "pairwise", "skewed")
        assert done.found.converged
        page = Page.of((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
        results = strict(tmp_path / "out" / "results.json")
        assert results["model"]["ordered"] == ["REP01", "REP02", "REP03", "REP04"]
        assert (results["beside"]["estimator"], results["beside"]["missing"]) == ("MLR", "fiml")
        assert f"{figure(done.choice.skewness, 2, lang)}" in page.text
        assert {"en": "polychoric", "nl": "polychorische"}[lang] in page.text
        assert "aic" not in [row[1] for row in page.tables["indices"]]
        assert "nan" not in page.text.lower().split()

    @pytest.mark.parametrize(
        ("spec", "tables", "absent"),
        [
            ("REP01 ~ REP02 + REP03\nREP02 ~ REP03", {"paths", "verdicts"}, {"loadings", "reliability", "pattern"}),
            ("F =~ REP01 + REP02 + REP03", {"loadings", "reliability"}, {"paths", "verdicts", "explained"}),
            ("F =~ REP01 + REP02\nG =~ CUL01 + CUL02\nF ~~ G", {"loadings", "suitability"}, {"paths", "hypotheses"}),
        ],
    )
    def test_models_without_constructs_paths_or_degrees_of_freedom(self, wave, tmp_path, spec, tables, absent):
        model = Model.parse(spec, name="bare")
        done = reproduce(wave, model, for_model(model), tmp_path / "out")
        page = Page.of((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
        assert tables <= set(page.tables)
        assert not absent & set(page.tables)
        assert ("its fit cannot be tested" in page.text) == (done.found.test.df == 0)
        assert "nan" not in page.text.lower().split()

    @pytest.mark.parametrize("lang", ["en", "nl"])
    def test_without_convergence_the_first_line_says_so_and_nothing_is_claimed(self, wave, tmp_path, lang):
        model = Model.parse(FAILS, name="odd")
        done = reproduce(wave, model, for_model(model), tmp_path / "out", lang)
        assert not done.found.converged
        page = Page.of((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
        word = {"en": "The model did not converge", "nl": "Het model convergeerde niet"}[lang]
        first = [line for line in page.text.splitlines() if line.strip()][1]  # the line after the title
        assert first.strip().startswith(word)
        assert done.found.cause in page.text
        assert not {"paths", "loadings", "verdicts", "indices"} & set(page.tables)
        results = strict(tmp_path / "out" / "results.json")
        assert results["model"]["converged"] is False
        assert all(row["est"] is None and row["p"] is None for row in results["estimates"])
        assert results["fit"]["cfi"] is None
        assert [row["verdict"] for row in results["hypotheses"]] == ["not testable"]

    @pytest.mark.parametrize("name", ["mkb21_measurement", "mkb21_stated"])
    def test_hypotheses_that_the_model_lacks_are_not_testable(self, wave, tmp_path, name):
        reproduce(wave, Model.read(name), Hypothesis.read("mkb21"), tmp_path / "out")
        page = Page.of((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
        verdicts = {row["No."]: row["Verdict"] for row in page.rows("verdicts")}
        assert verdicts["H13"] == "not testable"
        assert f"H13: the model {name} has no arrow Experience → Expected future use." in page.text
