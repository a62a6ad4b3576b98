"""What `mkb21sem report` writes about real respondents: no respondent, and no count of a few that can be computed."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pypdfium2
import pytest
from typer.testing import CliRunner

from mkb21sem.cli import app
from mkb21sem.infer.robustness.robustness import Robustness
from mkb21sem.report.charts import style
from mkb21sem.report.documents.parts import Tabled
from mkb21sem.report.dossier.inquiry import Depth
from mkb21sem.report.privacy import answers as privacy
from mkb21sem.report.privacy.dossier import RARE, hidden_answers
from mkb21sem.report.privacy.publication import protected_sizes
from mkb21sem.report.publication import analysis, closing, drawn, effects, moments, publish, unanswered
from mkb21sem.report.publication.analysis import Analysis, Asked, analyse
from mkb21sem.report.study import study
from mkb21sem.report.words import Words
from mkb21sem.specify.hypothesis import for_model
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave
from tests.privacy.test_outputs import answers, leaks, told
from tests.privacy.test_suppression import attacked

THRESHOLD = 10
SPEC = "CUL =~ CUL01 + CUL02 + CUL03 + CUL04\nREP =~ REP01 + REP02 + REP03\nREP ~ CUL + OMV01"
LOST = {"CUL01": 6, "REP01": 14, "REP02": 3}
"""So many leave a question open."""


@cache
def real() -> Wave:
    """The questions of a small model, as real firms answered them, some of which were left open."""
    table = answers()
    names = ["respondent", "OMV01", *(name for name in table if str(name).startswith(("GEB", "CUL", "REP")))]
    table = table[names].copy()
    asked = np.flatnonzero(Wave.of(table, name="all").asked(("REP01",)).to_numpy())
    rng = np.random.default_rng(20140314)
    for item, n in LOST.items():
        table.iloc[rng.choice(asked, n, replace=False), table.columns.get_loc(item)] = -9
    return Wave.of(table, name="wave2014")


@cache
def found() -> Analysis:
    """Its analysis."""
    model = Model.parse(SPEC, name="small")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "DEPTH", Depth(draws=0, random=20, polychoric=False, thorough=False))
        patch.setattr(analysis, "certificate", lambda fit: None)
        asked = Asked(missing="fiml", robustness=False)
        return analyse(real(), model, for_model(model), claimed=False, asked=asked)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that can be written but the diagrams, which hold no counts."""
    folder = tmp_path_factory.mktemp("publication") / "out"
    words = Words("en", real().codebook.label)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(style.SETTINGS, "savefig.dpi", 30.0)
        patch.setattr(drawn, "pictures", lambda of, words: iter(()))
        printing = publish.Printing(("html", "docx", "pdf", "md"), ("csv", "html", "docx", "tex", "md", "typ"))
        publish.save(found(), words, folder, printing)
    return folder


def table(out: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(next((out / "tables").glob(f"*_{name}.csv")), encoding="utf-8-sig")


def asked() -> pd.DataFrame:
    """Answers of those who were asked the model's questions; NaN where there is none."""
    own = real().answers.loc[real().asked(found().model.observed)]
    return own.where(own >= 0).astype(float)


def written(out: Path) -> dict[str, str]:
    """Every file as text, Word files and PDFs too."""
    texts = told(out)
    for path in out.rglob("*.docx"):
        with zipfile.ZipFile(path) as parts:
            xml = "".join(parts.read(name).decode("utf-8") for name in parts.namelist() if name.endswith(".xml"))
        texts[path.name] = re.sub(r"<[^>]+>", " ", xml)
    for path in out.rglob("*.pdf"):
        file = pypdfium2.PdfDocument(path)
        texts[path.name] = "\n".join(page.get_textpage().get_text_range() for page in file)
        file.close()
    return texts


def test_no_format_holds_a_respondent(out: Path) -> None:
    texts = written(out)
    assert {"report.html", "report.md", "report.docx", "report.pdf", "results.json"} <= set(texts)
    assert {Path(name).suffix for name in texts} >= {".tex", ".typ", ".svg", ".csv", ".txt"}
    for name, text in texts.items():
        assert not leaks(text), (name, leaks(text)[:3])


def test_every_format_says_what_was_hidden(out: Path) -> None:
    texts = written(out)
    for form in ("html", "md", "docx", "pdf"):
        plain = " ".join(texts[f"report.{form}"].split())
        assert "Numbers of fewer than 10 respondents are hidden (c)" in plain, form
        assert "c: hidden, because few respondents stand behind this number" in plain, form
    content = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert content["suppressed"] == {"below": 10}
    assert not any(row["op"] == "|" for row in [*content["estimates"], *content["beside"]["estimates"]])
    assert content["model"]["reason"]["skewness"] is None
    others = content["beside"]["fit"]
    assert others["chisq"] > 0
    assert others["ntotal"] in (None, len(asked()), len(asked()[[*LOST]].dropna()))


def counts(out: Path) -> tuple[dict[str, pd.Series], dict[str, tuple[bool, dict[float, bool]]]]:
    """True counts of each question, no answer under NaN; whether that is shown, and which answers are."""
    shown, truth, visible = table(out, "categories").set_index("item"), {}, {}
    lost = table(out, "missing_items").set_index("item")["missing"]
    for item in shown.index:
        codes = [float(code) for code in real().codebook[item].codes]
        own = asked()[item]
        truth[item] = pd.Series(
            [int((own == code).sum()) for code in codes] + [int(own.isna().sum())], [*codes, np.nan]
        )
        visible[item] = (lost.notna()[item], {code: pd.notna(shown.loc[item, f"{code:g}"]) for code in codes})
    return truth, visible


def test_no_share_of_few_is_shown(out: Path) -> None:
    truth, visible = counts(out)
    some = False
    for item, own in truth.items():
        shown_lost, shown = visible[item]
        assert not (shown_lost and 0 < own.iloc[-1] < THRESHOLD), item
        for code, there in shown.items():
            assert not (there and 0 < own[code] < THRESHOLD), (item, code)
            some |= not there
    assert some
    assert {"CUL01", "REP02"} <= {item for item in LOST if not visible[item][0]}


def test_a_reader_of_all_tables_can_place_no_count_of_few(out: Path) -> None:
    """Shares, numbers of answers, missing answers, means and standard deviations, put together as equations."""
    truth, visible = counts(out)
    known = table(out, "descriptives").set_index("variable")
    for item, own in truth.items():
        n, codes, size = own.to_numpy(float), own.index.to_numpy(float)[:-1], len(own)
        shown_lost, shown = visible[item]
        lines = [np.eye(size)[at] for at, code in enumerate(codes) if shown[code]] + [np.ones(size)]
        lines += [np.eye(size)[-1]] if shown_lost else []
        values = [float(line @ n) for line in lines]
        if item in known.index:
            given = asked()[item]
            mean, variance = given.mean(), given.var()
            assert known.loc[item, "mean"] == pytest.approx(mean)
            lines += [np.append(codes - mean, 0.0), np.append((codes - mean) ** 2 - variance, 0.0)]
            values += [0.0, -variance]
        hidden_places = [at for at, code in enumerate(codes) if not shown[code]] + ([] if shown_lost else [size - 1])
        for at in hidden_places:
            if not 0 < n[at] < THRESHOLD or len(hidden_places) == (n > 0).sum():
                continue
            low, high = attacked(np.array(lines), values, np.eye(size)[at], size)
            assert high - low >= THRESHOLD - 1e-6, (item, at)


def test_missing_answers_of_few_follow_from_nothing(out: Path) -> None:
    """Questions, patterns and all answers as equations in the patterns that there are."""
    holes = asked()[list(table(out, "missing_items")["item"])].isna()
    kinds = holes.value_counts()
    n, where = kinds.to_numpy(float), np.array(kinds.index.tolist(), dtype=float)
    items, patterns = table(out, "missing_items"), table(out, "missing_patterns")
    names = [" ".join(holes.columns[row > 0]) for row in where]
    lines = [where[:, at] for at in np.flatnonzero(items["missing"].notna())] + [np.ones(len(n))]
    shown = patterns[patterns["n"].notna()]
    alone = [np.array([name == own for name in names], dtype=float) for own in shown["missing"].replace("–", "")]
    lines += [line for line in alone if line.any()]
    if len(shown) > sum(line.any() for line in alone):
        lines.append(1 - sum(line for line in alone if line.any()))
    few = [at for at, item in enumerate(items["item"]) if 0 < holes[item].sum() < THRESHOLD]
    assert [items["item"][at] for at in few] == ["CUL01", "REP02"]
    for at in few:
        assert np.isnan(items["missing"][at])
        low, high = attacked(np.array(lines), [float(line @ n) for line in lines], where[:, at], len(n))
        assert high - low >= THRESHOLD - 1e-6
    assert not (shown["n"] < THRESHOLD).any()


def test_no_number_of_rows_gives_a_hidden_one_away(out: Path) -> None:
    """Complete rows of a construct, of a variable, of Mardia's test: what is not all of them is known or hidden."""
    whole = {found().found.moments.total, real().n, len(asked()), len(asked()[[*LOST]].dropna())}
    known = {*whole, len(asked()) - LOST["REP01"]}
    for name in ("reliability", "d_reliability", "descriptives"):
        n = table(out, name)["n"]
        assert set(n.dropna()) <= known, name
    assert table(out, "descriptives")["n"].isna().any()
    lines = table(out, "descriptives").set_index("variable")
    touched = table(out, "categories").set_index("item")["hidden"]
    own = lines.loc[[name for name in lines.index if touched.get(name, False)]]
    assert len(own) > 4
    assert own[["skew", "kurtosis", "min", "max"]].isna().all(axis=None)


def test_signs_and_steps_of_few_are_hidden(out: Path) -> None:
    for name in ("careless", "flow"):
        n = table(out, name)["n"]
        assert not ((n > 0) & (n < THRESHOLD)).any(), name
    careless = table(out, "careless")
    assert careless["share"].isna().equals(careless["n"].isna())


def test_points_are_met_with_hidden_numbers(out: Path) -> None:
    lacking = json.loads((out / "results.json").read_text(encoding="utf-8"))["score"]["lacking"]
    assert not {"8", "10", "11", "12", "13", "14", "17", "35"} & set(lacking)
    assert lacking["6"] == ["6.design", "6.weights"]


def test_signs_that_overlap_are_protected_together() -> None:
    """Without overlap the few are what is left of those with any sign."""
    flags = [frozenset({"run"})] * 12 + [frozenset({"far"})] * 3 + [frozenset()] * 60
    frame = pd.DataFrame({"sign": ["run", "far", "any", "several"], "n": [12, 3, 15, 0]})
    assert privacy.signs(frame, flags, THRESHOLD)["hidden"].tolist() != [False, True, False, False]
    assert privacy.signs(frame, flags, THRESHOLD)["hidden"].tolist()[1]
    assert privacy.signs(frame, flags, 0) is frame


def test_patterns_of_few_are_one_line() -> None:
    """And where that line is of few itself, one more is hidden with it."""
    patterns = pd.DataFrame({"missing": ["", "A", "B"], "k": [0, 1, 1], "n": [80, 40, 4]}).assign(
        share=lambda t: t["n"]
    )
    items = pd.DataFrame({"item": ["A", "B"], "n": [124, 124], "missing": [40, 4], "share": [40 / 124, 4 / 124]})
    shown = privacy.gaps(items, patterns, THRESHOLD)
    assert shown.patterns["missing"].tolist()[-1] == RARE
    assert shown.patterns["hidden"].sum() >= 2
    assert set(shown.secret) >= {"B"}
    assert not shown.whole
    assert privacy.gaps(items, patterns, 0).patterns is patterns


def test_other_choices_that_leave_few_out_do_not_say_how_many() -> None:
    """Their rows beside those of the chosen one would count the few."""
    specifications = pd.DataFrame({"spec": ["S1", "S2", "S3"], "n": [190, 186, 150], "converged": True})
    empty = pd.DataFrame()
    own = replace(found().inference, robust=Robustness("S1", specifications, empty, empty, empty))
    shown = protected_sizes(own, THRESHOLD).robust.specifications
    assert shown["n"].fillna(0).tolist() == [190, 0, 150]
    assert shown["hidden"].tolist() == [False, True, False]


def test_a_hidden_number_of_answers_is_not_in_the_shares() -> None:
    lines = pd.DataFrame({"item": "A", "code": [1.0, 2.0, 3.0, 4.0], "n": [40, 50, 60, 43]})
    lines["share"] = lines["n"] / 193
    shown = hidden_answers(lines, THRESHOLD, {"A": 197.0})
    left = shown["share"].dropna()
    assert len(left) < 4
    assert (left == left.round(2)).all()
    assert shown["base"].isna().all()
    assert hidden_answers(lines, THRESHOLD)["share"].tolist() == lines["share"].tolist()


@pytest.mark.parametrize(("given", "hides"), [((), 0), (("--suppress", "5"), 5)])
def test_the_option_reaches_the_analysis(
    given: tuple[str, ...], hides: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The synthetic wave hides nothing unless it is asked to."""
    seen: list[Asked] = []

    def stop(*_: object, asked: Asked, **__: object) -> None:
        seen.append(asked)
        raise SystemExit(7)

    monkeypatch.setattr(analysis, "analyse", stop)
    CliRunner().invoke(app, ["report", *given, "--out", str(tmp_path / "out")])
    assert seen[0].suppress == (hides or None)


def test_a_threshold_that_hides_nothing_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["report", "--suppress", "1", "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "--suppress must be 0" in " ".join(done.output.split())


def test_nothing_is_hidden_on_request() -> None:
    open_ = replace(found(), asked=replace(found().asked, suppress=0))
    words = Words("en", real().codebook.label)
    blocks = [*unanswered.missing(open_, words).blocks, *closing.limits(open_, words).blocks]
    frame = next(
        block.table.frame for block in blocks if isinstance(block, Tabled) and block.table.name == "missing_items"
    )
    assert frame.set_index("item").loc["CUL01", "missing"] == LOST["CUL01"]
    assert any("Small numbers are not hidden here" in getattr(block, "text", "") for block in blocks)


def test_thresholds_of_ordinal_questions_are_hidden(tmp_path: Path) -> None:
    """They are cumulative shares of answers."""
    model = found().model
    of = replace(found(), study=study(real(), model, for_model(model), "WLSMV", "pairwise"))
    assert of.found.moments.ordinal
    frames = [each.frame for each in effects.every_estimate(of, Words("en"))]
    own = pd.concat(frames)
    own = own[own["op"] == "|"]
    assert len(own) > 20
    assert own["hidden"].all()
    assert own[["est", "se", "z", "p", "low", "high", "std", "std_se", "std_low", "std_high"]].isna().all(axis=None)
    names = {path.name for path in moments.moments_files(of, tmp_path)}
    assert names == {"README.txt", "cov.csv", "mean.csv", "model.sem", "sample.csv"}
    assert "thresholds.csv" not in (tmp_path / "moments" / "README.txt").read_text(encoding="utf-8")
    content = publish.numbers(of)
    assert not any(row["op"] == "|" for row in content["estimates"])
    open_ = replace(of, asked=replace(of.asked, suppress=0))
    assert "thresholds.csv" in {path.name for path in moments.moments_files(open_, tmp_path)}
    assert any(row["op"] == "|" for row in publish.numbers(open_)["estimates"])
