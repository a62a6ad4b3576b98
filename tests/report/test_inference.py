"""The report on the hypotheses and its command: what it says is in the results, whole or not at all."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from typer.testing import CliRunner

from mkb21sem import Hypothesis, Model, OptionError, bootstrap, cli, fit, robustness, synthetic_wave, verdicts
from mkb21sem.commands.infer import _say
from mkb21sem.estimate import choice
from mkb21sem.infer.robustness.robustness import Robustness
from mkb21sem.report.inference import inference, inference_page
from mkb21sem.report.inference.inference import INTERVALS, Inference, Sampling
from mkb21sem.report.inference.inference_tables import every_table
from mkb21sem.report.words import Words
from mkb21sem.survey.wave import Wave
from tests.report.page import Page

MODEL, CLAIMS = Model.read("mkb21"), Hypothesis.read("mkb21")


@pytest.fixture(scope="module")
def wave() -> Wave:
    return synthetic_wave()


@pytest.fixture(scope="module")
def again(wave: Wave) -> Robustness:
    return robustness(MODEL, wave, CLAIMS, crossed=False)


@pytest.fixture(scope="module")
def drawn(wave: Wave, again: Robustness) -> Inference:
    """By BCa, with a few choices in place of all combinations."""
    how = Sampling.asked("bca", 150, 7, 1, "loky")
    zeros = Hypothesis.read_zeros("mkb21")
    done = inference.infer(wave, MODEL, CLAIMS, zeros, estimator="ML", sampling=how, robust=False)
    return replace(done, robust=again)


def shorter(of: Inference, ids: tuple[str, ...]) -> Inference:
    """The same with fewer hypotheses: pictures take long."""
    tables = {
        name: getattr(of.robust, name)[getattr(of.robust, name)["id"].isin(ids)].reset_index(drop=True)
        for name in ("verdicts", "survival")
    }
    return replace(
        of,
        hypotheses=tuple(claim for claim in of.hypotheses if claim.id in ids),
        judged=tuple(verdict for verdict in of.judged if verdict.hypothesis.id in ids),
        robust=replace(of.robust, **tables),
    )


@pytest.fixture(scope="module", params=["en", "nl"])
def written(request: pytest.FixtureRequest, drawn: Inference, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("inference") / "out"
    of = drawn if request.param == "en" else shorter(drawn, ("H1a", "H6", "H14"))
    inference_page.save(of, folder, request.param)
    page = Page.of((folder / "inference.html").read_text(encoding="utf-8"))
    return request.param, folder, page, json.loads((folder / "results.json").read_text(encoding="utf-8"))


class TestPage:
    def test_stands_alone_and_says_that_the_answers_are_made_up(self, written):
        lang, folder, page, _ = written
        assert page.unclosed == []
        html = (folder / "inference.html").read_text(encoding="utf-8")
        assert not re.search(r'src="(?!data:|#)|href="(?!data:|#|https://doi\.org/10\.)', html)
        banner = Words(lang).plain("banner")
        assert banner in page.text
        assert page.text.count(Words(lang).plain("synthetic")) >= 6

    def test_tables_have_the_numbers_of_the_results(self, written):
        lang, folder, page, results = written
        assert set(page.tables) == {
            *("verdicts", "sizes", "effects", "draws", "zeros", "joint"),
            *("survival", "specifications", "unavailable", "hypotheses"),
            *("rivals", "rival_pairs", "equivalents"),
        }
        for name, rows in (
            ("verdicts", results["hypotheses"]),
            ("zeros", results["zeros"]["each"]),
            ("survival", results["robustness"]["survival"]),
            ("specifications", results["robustness"]["specifications"]),
            ("rivals", results["rivals"]["models"]),
            ("rival_pairs", results["rivals"]["pairs"]),
            ("equivalents", results["equivalents"]),
        ):
            shown = page.rows(name)
            assert len(shown) == len(rows)
            beta = [row["β"] for row in shown] if "β" in shown[0] else []
            for text, row in zip(beta, rows, strict=bool(beta)):
                figure = f"{row['std']:.2f}".replace("-", "−").replace("0.", ".").replace("−.00", ".00")
                assert text == (figure.replace(".", ",") if lang == "nl" else figure)
        csv = {path.stem for path in (folder / "tables").glob("*.csv")}
        assert csv == {*page.tables, "robust_verdicts", "all_effects", "rival_tests"}

    def test_pictures_have_a_text_and_stand_beside_the_page(self, written):
        _, folder, page, _ = written
        images = [given for tag, given in page.tags if tag == "img"]
        assert len(images) == 3
        assert all(image["alt"] and image["src"].startswith("data:image/svg+xml;base64,") for image in images)
        for name in ("forest", "specification_curve", "specification_choices"):
            assert (folder / f"{name}.png").stat().st_size > 10_000
            assert (folder / f"{name}.svg").exists()

    def test_results_name_every_file(self, written):
        _, folder, _, results = written
        there = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        assert results["files"] == there
        assert results["intervals"] | {"outcome": []} == {"kind": "bca", "draws": 150, "seed": 7, "outcome": []}
        assert results["intervals"]["outcome"][0] == {"outcome": "asked for", "draws": 150, "share": 1.0}

    def test_every_undecided_one_says_what_could_have_been_found(self, written):
        lang, _, page, results = written
        undecided = [row["id"] for row in results["hypotheses"] if row["verdict"] == "undecided"]
        assert undecided
        said = {"en": "undecided, which is not “no effect”", "nl": "onbeslist, wat niet “geen effect” is"}[lang]
        assert page.text.count(said) == len(undecided)

    def test_every_size_has_its_reason(self, written):
        lang, _, page, _ = written
        for claim in CLAIMS if lang == "en" else (CLAIMS[0], CLAIMS[-3]):
            assert claim.rationale in page.text
            assert claim.theory in page.text


def test_verdicts_by_draws_are_those_of_the_bootstrap(drawn: Inference) -> None:
    made = bootstrap(drawn.found, 150, 7, 1)
    judged = verdicts(drawn.found, CLAIMS, draws=made, intervals="bca")
    for one, other in zip(drawn.judged, judged, strict=True):
        np.testing.assert_array_equal([one.p_test, one.std_low], [other.p_test, other.std_low])


def test_effects_have_the_intervals_of_the_verdicts(drawn: Inference, wave: Wave) -> None:
    """A hypothesis is one of the effects, and the delta method and the draws agree on where it lies."""
    by_path = drawn.effects[drawn.effects["effect"].isin(["direct", "indirect"])].set_index("path")
    for verdict in drawn.judged:
        row = by_path.loc[verdict.hypothesis.path.replace("→", "->")]
        assert_allclose(row[["est", "std"]].to_numpy(float), [verdict.est, verdict.std], rtol=1e-10)
        assert_allclose(row[["low", "high"]].to_numpy(float), [verdict.low, verdict.high], rtol=1e-10)
        assert_allclose(row[["std_low", "std_high"]].to_numpy(float), [verdict.std_low, verdict.std_high], rtol=1e-10)
    delta = inference.infer(wave, MODEL, CLAIMS, estimator="ML", robust=False)
    assert list(delta.effects.columns) == list(drawn.effects.columns)
    assert set(delta.effects["path"]) == set(drawn.effects["path"])
    shown = every_table(delta, Words("en"))["effects"].frame
    assert len(shown) == (delta.effects["effect"] == "total indirect").sum() == 21


def test_a_file_without_reasons_says_so(wave: Wave, tmp_path: Path) -> None:
    claims = [Hypothesis("H1", "CUL", "MOT", "+", sesoi=0.2, alpha=0.10)]
    done = inference.infer(wave, MODEL, claims, robust=False)
    inference_page.save(done, tmp_path / "out")
    page = Page.of((tmp_path / "out" / "inference.html").read_text(encoding="utf-8"))
    assert "Smallest effect of interest: .20. The hypothesis file gives no reason for this size." in page.text
    assert "No arrow was tested for being zero: none is registered." in page.text
    assert "CI (1 − alpha)" in page.rows("verdicts")[0]
    assert not {"zeros", "survival", "draws"} & set(page.tables)


def test_without_convergence_nothing_is_judged(wave: Wave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*asked, **options):
        found = fit(*asked, **options)
        return replace(found, converged=False, cause="no minimum after 9 steps.", vcov=found.vcov * np.nan)

    monkeypatch.setattr(inference, "fit", lost)
    how = Sampling.asked(None, 500, 1, 1, "loky")
    done = inference.infer(wave, MODEL, CLAIMS[:2], Hypothesis.read_zeros("mkb21"), sampling=how)
    assert (done.zeros, done.robust, done.sampling.intervals) == (None, None, "delta")
    assert {v.verdict for v in done.judged} == {"not testable"}
    inference_page.save(done, tmp_path / "out")
    page = Page.of((tmp_path / "out" / "inference.html").read_text(encoding="utf-8"))
    assert "no minimum after 9 steps." in page.text
    assert [row["Verdict"] for row in page.rows("verdicts")] == ["not testable"] * 2
    assert not [tag for tag, _ in page.tags if tag == "img"]


def test_the_forest_has_every_hypothesis(drawn: Inference) -> None:
    (first, *_) = inference_page.charts(drawn, Words("en", drawn.wave.codebook.label))
    labels = [text.get_text().split()[0] for text in first.figure.axes[0].get_yticklabels()]
    assert labels == [claim.id for claim in CLAIMS]
    assert all(f"{claim.id} " in first.alt for claim in CLAIMS)


def test_every_word_of_the_tables_is_there(drawn: Inference) -> None:
    for lang in ("en", "nl"):
        for table in every_table(drawn, Words(lang, drawn.wave.codebook.label)).values():
            hidden = table.name in ("robust_verdicts", "all_effects", "rival_tests")
            assert bool(table.cells(Words(lang))) != hidden
            assert all(head.text for head in table.heads(Words(lang)))


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_what_contradicts_the_model_is_named(drawn: Inference, lang: str) -> None:
    """A registered zero that is none, a specification with a negative variance, and one without a minimum."""
    words = Words(lang, drawn.wave.codebook.label)
    zeros = drawn.zeros.table.assign(verdict="undecided")
    zeros.loc[zeros.index[:2], "verdict"] = "contradicted"
    names = list(zeros["id"][:2])
    runs = drawn.robust.specifications.assign(improper="", converged=True, reason="")
    runs.loc[runs.index[1], "improper"] = "REP01~~REP01"
    runs.loc[runs.index[2], ["converged", "reason"]] = [False, "no minimum after 300 steps"]
    of = replace(
        drawn,
        zeros=replace(drawn.zeros, table=zeros),
        robust=replace(drawn.robust, specifications=runs),
    )
    said = [str(each) for each in inference_page._zeros(of, words)]
    assert str(words("inference.zeros.contradicted", ids=words.listed(names))) in said
    assert str(words("inference.zeros.none")) not in said
    assert str(words("inference.improper", odd="1")) in [str(each) for each in inference_page._robust(of, words)]
    came = every_table(of, words)["specifications"]
    shown = [row[-1].text for row in came.cells(words)]
    assert shown[0] == words.plain("came.fine")
    assert shown[1] == words.plain("came.improper", names="REP01~~REP01")
    assert shown[2] == "no minimum after 300 steps"


def test_the_command_prints_what_survives_and_that_draws_were_stopped(
    drawn: Inference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    words = Words("en", drawn.wave.codebook.label)
    monkeypatch.setattr(inference_page, "stopped", lambda of, words: iter(["Stopped after 120 of 150 draws."]))
    _say(drawn, words, tmp_path)
    printed = capsys.readouterr().out
    assert "Stopped after 120 of 150 draws." in printed.splitlines()
    assert words.plain("table.survival") in printed
    assert printed.rstrip().endswith(str(tmp_path / "inference.html"))


def test_rivals_without_a_likelihood_have_no_weights(drawn: Inference) -> None:
    words = Words("en", drawn.wave.codebook.label)
    table = drawn.rivals.table.assign(bic=np.nan, bic_weight=np.nan)
    of = replace(drawn, rivals=replace(drawn.rivals, table=table))
    assert len(list(inference_page._rivals(of, words))) == len(list(inference_page._rivals(drawn, words))) - 1
    heads = [[head.text for head in every_table(one, words)["rivals"].heads(words)] for one in (drawn, of)]
    assert set(heads[0]) - set(heads[1]) >= {"BIC"}


ASKED = {
    (None, 0): "delta",
    ("delta", 0): "delta",
    (None, 500): "bca",
    ("percentile", 100): "percentile",
    ("montecarlo", 20_000): "montecarlo",
}


@pytest.mark.parametrize(("given", "kind"), ASKED.items())
def test_what_the_options_mean(given: tuple[str | None, int], kind: str) -> None:
    assert Sampling.asked(*given, 1, 1, "loky").intervals == kind


REFUSED = {
    ("bac", 500): "intervals must be delta, montecarlo, percentile, bc, bca; got 'bac'. Closest: bc, bca",
    ("delta", 500): "intervals='delta' take no draws",
    ("bca", 0): "intervals='bca' need at least 100 draws, better 5,000; got 0",
    (None, -1): r"draws must be 0 \(delta method\) or more; got -1",
}


@pytest.mark.parametrize(("given", "message"), REFUSED.items())
def test_options_that_do_not_go_together(given: tuple[str | None, int], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Sampling.asked(*given, 1, 1, "loky")


def test_every_kind_of_interval_has_its_words() -> None:
    for kind in INTERVALS:
        assert Words("en").has(f"inference.how.{kind}")
        assert Words("en").has(f"intervals.{kind}")


# ------------------------------------------------------------------------------------------------------ the command


def run(*arguments: object):
    return CliRunner().invoke(cli.app, ["infer", *map(str, arguments)])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


def test_the_reference_wave_recovers_the_known_truth(here: Path) -> None:
    """Every path whose true value is .30 or more is supported; no registered zero is contradicted."""
    done = run("--no-robustness", "--out", "out")
    assert done.exit_code == 0, done.output
    assert "Synthetic data: nothing about real firms follows from this." in done.output
    results = json.loads((here / "out" / "results.json").read_text(encoding="utf-8"))
    said = {row["path"]: row["verdict"] for row in results["hypotheses"]}
    population = pd.read_csv(Path(choice.__file__).parents[1] / "survey" / "population.csv")
    strong = population[(population["op"] == "~") & (population["value"] >= 0.30)]
    assert len(strong) == 7
    assert {said[f"{row.rhs} → {row.lhs}"] for row in strong.itertuples()} == {"supported"}
    assert {row["verdict"] for row in results["zeros"]["each"]} <= {"undecided", "practically zero"}
    assert "H7" in done.output
    assert "Z9" in done.output
    assert str(here / "out" / "inference.html") in done.output


def test_own_answers_model_and_hypotheses(here: Path, wave: Wave) -> None:
    wave.answers.reset_index().to_csv(here / "wave.csv", index=False)
    (here / "m.sem").write_text("REP =~ REP01 + REP02 + REP03\nREP ~ INTENS + OMV01", encoding="utf-8")
    (here / "h.toml").write_text(
        '[[hypothesis]]\nid = "H1"\npath = "INTENS -> REP"\nsign = "+"\nsesoi = 0.2\n'
        '[[hypothesis]]\nid = "H2"\npath = "OMV01 -> REP"\n[[zero]]\nid = "Z1"\npath = "OMV01 -> INTENS"\n',
        encoding="utf-8",
    )
    asked = ("wave.csv", "--model", "m.sem", "--hypotheses", "h.toml", "--lang", "nl", "--draws", 120, "--seed", 3)
    done = run(*asked, "--intervals", "percentile", "--estimator", "ML", "--no-robustness", "--out", "uit")
    assert done.exit_code == 0, done.output
    results = json.loads((here / "uit" / "results.json").read_text(encoding="utf-8"))
    assert results["data"]["synthetic"] is False
    assert results["intervals"]["kind"] == "percentile"
    assert [row["id"] for row in results["hypotheses"]] == ["H1", "H2"]
    assert results["zeros"]["each"][0]["reason"] == "INTENS only predicts in the model m; nothing may point at it"
    page = Page.of((here / "uit" / "inference.html").read_text(encoding="utf-8"))
    assert "Synthetische data" not in page.text
    assert "Oordeel" in page.rows("verdicts")[0]


BAD = {
    "an unknown kind": (("--intervals", "bac"), "intervals must be delta"),
    "no such file": (("nowhere.csv",), "nowhere.csv"),
    "no such model": (("--model", "mkb2"), "is no file and no shipped name"),
    "a codebook without a file": (("--missing-codes", "99"), "describe a file"),
    "draws and delta": (("--draws", "10", "--intervals", "delta"), "take no draws"),
    "a language": (("--lang", "de"), "'de' is not one of"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_option_is_told_and_writes_nothing(here: Path, name: str) -> None:
    asked, words = BAD[name]
    done = run(*asked, "--out", "out")
    assert done.exit_code == 2, done.output
    assert words in done.output
    assert "Traceback" not in done.output
    assert list(here.iterdir()) == []


def test_ctrl_c_says_that_nothing_was_written(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(inference, "robustness", stopped)
    done = run("--model", "mkb21_stated", "--out", "out")
    assert done.exit_code == 130
    assert "Stopped. Nothing was written." in done.output
    assert list(here.iterdir()) == []


def test_draws_that_were_stopped_are_used_without_bca(wave: Wave, monkeypatch: pytest.MonkeyPatch) -> None:
    """The jackknife that BCa needs was not finished, so the intervals are bias-corrected, and say so."""
    model = Model.parse("INTENS ~ TOE_M")

    def early(found, draws, seed, workers, *, backend, progress, checkpoint):
        made = bootstrap(found, 120, seed, workers, backend=backend, progress=progress)
        return replace(made, jackknife=made.jackknife[:0], asked=draws, stopped=True)

    monkeypatch.setattr(inference, "bootstrap", early)
    how = Sampling.asked(None, 5000, 1, 1, "loky")
    done = inference.infer(wave, model, [Hypothesis("H1", "TOE_M", "INTENS")], sampling=how, robust=False)
    assert done.sampling.intervals == "bc"
    assert done.outcome.set_index("outcome")["draws"].to_dict()["finished"] == 120
    assert done.judged[0].verdict == "supported"
    (said,) = inference_page.stopped(done, Words("en"))
    assert said.startswith("Stopped after 120 of 5,000 draws, which are used. The intervals are bias-corrected; BCa")
