"""No file that a command writes holds a respondent: no id, no open answer, no row of answers, no smallest value."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mkb21sem import cli
from mkb21sem.report.charts import style
from mkb21sem.report.dossier import page
from mkb21sem.report.dossier.inquiry import Depth
from mkb21sem.report.monitor import monitor
from mkb21sem.report.monitor.monitor_study import describe
from mkb21sem.report.privacy.monitor import shareable
from mkb21sem.report.reproduce import reproduce
from mkb21sem.report.words import Words
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic import draw_answers
from mkb21sem.survey.wave import Wave

ID, SAID, FIRM = "RSP-77-Qx", "wij zijn de enige smederij van Wolvega", "Smederij Hoekstra"
WINDOW = 10
"""So many answers beside each other are a respondent."""
READABLE = (".csv", ".json", ".html", ".txt", ".svg", ".R", ".inp", ".py", ".vb", ".dat", ".tex", ".typ", ".md")


@cache
def answers() -> pd.DataFrame:
    """Answers as real firms would have given them; one firm is like no other, and says who it is."""
    table = draw_answers(12, 240).astype({"respondent": object})
    table["respondent"] = [f"RSP-{k:02d}-{'Qx' if k == 77 else 'Aa'}" for k in range(1, len(table) + 1)]
    mine = table["respondent"] == ID
    table.loc[mine, ["REG01", "SEC01", "OMV01"]] = [7, 7, 4]
    table["remark"] = np.where(mine, SAID, "")
    table["firm"] = np.where(mine, FIRM, "een bedrijf")
    return table


@pytest.fixture(scope="module")
def wave(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("privacy") / "wave2014.csv"
    answers().to_csv(path, index=False)
    return path


def run(*arguments: object) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(style.SETTINGS, "savefig.dpi", 30.0)
        done = CliRunner().invoke(cli.app, [str(each) for each in arguments])
    assert done.exit_code == 0, done.output
    return done.output


def told(folder: Path) -> dict[str, str]:
    """Every file that can be read as text; pictures as SVG among them."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8-sig", errors="replace")
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in READABLE
    }


@cache
def rows() -> frozenset[str]:
    """Runs of answers of single respondents that no other respondent has, as they might be written."""
    codes = answers().drop(columns=["respondent", "remark", "firm"]).to_numpy()
    found: dict[tuple[int, ...], int] = {}
    for row in codes:
        for at in range(0, codes.shape[1] - WINDOW + 1, 3):
            run_of = tuple(int(code) for code in row[at : at + WINDOW])
            if len(set(run_of)) > 2:
                found[run_of] = found.get(run_of, 0) + 1
    return frozenset(",".join(map(str, own)) for own, n in found.items() if n == 1)


def leaks(text: str) -> list[str]:
    """What of a respondent stands in a text."""
    found = [each for each in (ID, SAID, FIRM) if each in text]
    found += re.findall(r"RSP-\d\d-", text)[:1]
    plain = re.sub(r"(?<=\d)\.0\b", "", text)
    for run_of in re.findall(r"-?\d(?:[,;\t ]+-?\d)+", plain):
        codes = re.split(r"[,;\t ]+", run_of)
        for at in range(len(codes) - WINDOW + 1):
            if ",".join(codes[at : at + WINDOW]) in rows():
                found.append(f"answers {codes[at : at + WINDOW]}")
                break
    return found


def assert_clean(folder: Path, said: str = "") -> None:
    texts = told(folder)
    assert texts
    for name, text in {**texts, "terminal": said}.items():
        assert not leaks(text), (name, leaks(text)[:3])


def test_the_search_finds_what_it_looks_for(wave: Path) -> None:
    """The wave itself is full of it, whatever parts the answers."""
    text = wave.read_text(encoding="utf-8")
    assert {ID, SAID, FIRM} <= set(leaks(text))
    assert any(each.startswith("answers") for each in leaks(text))
    line = text.splitlines()[40].split(",", 1)[1]
    assert leaks(line.replace(",", "; "))
    assert leaks(json.dumps([float(code) for code in line.split(",")[:60]]))


@pytest.fixture(scope="module")
def reproduced(wave: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("reproduced") / "out"
    reproduce(Wave.read(wave), Model.read("mkb21_measurement"), (), out, estimator="MLR")
    return out, ""


def test_the_main_report_holds_no_respondent(reproduced: tuple[Path, str]) -> None:
    assert_clean(*reproduced)


def test_the_report_on_hypotheses_holds_no_respondent(wave: Path, tmp_path: Path) -> None:
    spec = tmp_path / "small.sem"
    spec.write_text("MOT =~ MOT03 + MOT05 + MOT07\nERV =~ ERV03 + ERV05 + ERV07\nERV ~ MOT\n", encoding="utf-8")
    asked = ("--model", spec, "--no-robustness", "--estimator", "MLR")
    said = run("infer", wave, *asked, "--out", tmp_path / "out")
    assert_clean(tmp_path / "out", said)


@pytest.mark.slow
@pytest.mark.parametrize(
    "asked",
    [
        ("reproduce", "--data"),
        ("infer", "--draws", "100"),
        ("infer", "--no-robustness", "--estimator", "WLSMV", "--missing", "pairwise", "--lang", "nl"),
        ("describe",),
        ("validate", "--draws", "20"),
        ("validate", "--draws", "20", "--group", "ZZP"),
        ("power", "--draws", "0"),
    ],
    ids=" ".join,
)
def test_no_report_holds_a_respondent(asked: tuple[str, ...], wave: Path, tmp_path: Path) -> None:
    command, *options = asked
    said = run(command, *options, wave, "--out", tmp_path / "out")
    assert_clean(tmp_path / "out", said)


def test_estimates_in_the_terminal_hold_no_respondent(wave: Path, tmp_path: Path) -> None:
    spec = tmp_path / "small.sem"
    spec.write_text("CUL =~ CUL01 + CUL02 + CUL03 + CUL04\n", encoding="utf-8")
    assert not leaks(run("estimate", "--data", wave, "--model", spec, "--estimator", "MLR"))
    assert not leaks(run("survey", wave))


def test_a_pack_of_moments_holds_no_respondent_and_other_handovers_say_that_they_do(wave: Path, tmp_path: Path) -> None:
    run("export", wave, "--to", "pack", "--out", tmp_path / "pack")
    assert_clean(tmp_path / "pack")
    run("export", wave, "--to", "lavaan", "--data", "moments", "--out", tmp_path / "moments")
    assert_clean(tmp_path / "moments")
    run("export", wave, "--to", "lavaan", "--out", tmp_path / "rows")
    assert (tmp_path / "rows" / "respondents.csv").exists()
    assert "NOT FOR SHARING" in (tmp_path / "rows" / "README.txt").read_text(encoding="utf-8")
    assert ID not in "".join(told(tmp_path / "rows").values())


@cache
def dossiers() -> tuple[page.Dossier, page.Dossier]:
    """A dossier as it is by default, and one that may name respondents."""
    batteries = [name for name in answers() if str(name).startswith(("respondent", "CUL", "OMG", "GEB"))]
    real = Wave.of(answers()[batteries], name="wave2014")
    light = Depth(draws=0, random=20, polychoric=False, thorough=False)
    shared = page.dossier(real, depth=light)
    named = page.Dossier(page.shareable(shared.inquiries, 0, named=True), shared.column, shared.words, shared.threshold)
    return shared, named


def test_the_dossier_names_respondents_on_request_only() -> None:
    for own, there in zip(dossiers(), (False, True), strict=True):
        frames = {**{name: table.frame for name, table in page.every(own.inquiries, own.words).items()}}
        frames |= page.further(own.inquiries)
        written = "".join(frame.to_csv() for frame in frames.values()) + json.dumps(page.content(own))
        assert bool(leaks(written)) == there
        assert ("respondents_all" in frames) == there
    assert "privacy" not in json.dumps(page.content(dossiers()[0]))
    assert page.content(dossiers()[0])["suppressed"] == {"below": 10}


def test_the_dossier_shows_no_count_of_a_few() -> None:
    """Counts of answers, and the ends of the range that few have."""
    screening = dossiers()[0].inquiries[0].screening
    shown = screening.categories[~screening.categories["hidden"]]
    assert screening.categories["hidden"].any()
    assert not ((shown["n"] > 0) & (shown["n"] < 10)).any()
    assert screening.categories.loc[screening.categories["hidden"], ["n", "share"]].isna().all(axis=None)
    hidden_items = set(screening.categories.loc[screening.categories["hidden"], "item"])
    lines = screening.items[screening.items["item"].isin(hidden_items)]
    assert lines[["minimum", "maximum", "skewness", "kurtosis"]].isna().all(axis=None)
    assert (screening.patterns["n"] >= 10).all() or "rare" in set(screening.patterns["missing"])


def test_weights_of_respondents_are_written_on_request_only(wave: Path, tmp_path: Path) -> None:
    population = Path(__file__).parents[1] / "monitor" / "population.csv"
    real = Wave.read(wave)
    done = describe(real, "en", lambda step: None, population=population, only_figures=True)
    shown = shareable(done, None)
    for there in (False, True):
        out = tmp_path / f"tables{there}"
        monitor.save_tables(shown, Words("en", real.codebook.label), out, there)
        assert (out / "weights.csv").exists() == there
        assert ("Not for sharing" in (out / "README.txt").read_text(encoding="utf-8")) == there
        written = "".join(text for name, text in told(out).items() if name != "weights.csv")
        assert not leaks(written)
    table = pd.read_csv(tmp_path / "tablesFalse" / "margins.csv")
    assert not ((table["n"] > 0) & (table["n"] < 10)).any()


def test_the_smallest_and_largest_values_of_few_are_not_in_the_report(wave: Path, reproduced: tuple[Path, str]) -> None:
    table = pd.read_csv(reproduced[0] / "tables" / "descriptives.csv")
    real = Wave.read(wave)
    for row in table.to_dict("records"):
        values = real.frame([row["variable"]])[row["variable"]]
        for end in ("min", "max"):
            if not np.isnan(row[end]):
                assert (values == row[end]).sum() >= 10
    assert table["min"].isna().any()
