"""The monitor's charts, page and command."""

import json
import re

import pandas as pd
import pytest
from matplotlib.text import Text
from typer.testing import CliRunner

from mkb21sem import cli
from mkb21sem.describe import adoption
from mkb21sem.describe.benchmark import benchmark, by_size
from mkb21sem.describe.monitor import monitor
from mkb21sem.describe.trend import trend
from mkb21sem.report.charts import monitor_outside, monitor_stage, style
from mkb21sem.report.charts.monitor import bases, charts, printed, shown
from mkb21sem.report.words import Words
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.synthetic import draw_answers, synthetic_wave
from mkb21sem.survey.wave import Wave
from tests.monitor.reference import HERE


@pytest.fixture(scope="module")
def wave():
    return synthetic_wave()


def every_chart(wave, lang):
    words = Words(lang, wave.codebook.label)
    made = charts(monitor(wave, lang), words, True)
    use = adoption.adoption(wave, lang=lang, draws=2)
    made += [monitor_stage.effects(use, words, True), monitor_stage.predictions(use.discrimination, words, True)]
    made.append(monitor_outside.official(by_size(wave), benchmark(wave), wave.codebook, words, True))
    waves = [wave, Wave.of(draw_answers(3), name="later")]
    made.append(monitor_outside.over_waves(trend(waves, lang), [each.name for each in waves], words, True))
    return made


def texts_of(figure):
    """Every text of a drawn figure but the numbers along an axis, with its box in inches."""
    with style.styled():
        figure.draw_without_rendering()
        renderer = figure._get_renderer()
    numeric = re.compile(r"[−\d.,]*")
    shown_texts = [each for each in figure.findobj(Text) if each.get_visible() and each.get_text().strip()]
    ticks = {id(tick) for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for tick in axis.findobj(Text)}
    return [
        (each.get_text(), each.get_window_extent(renderer).transformed(figure.dpi_scale_trans.inverted()))
        for each in shown_texts
        if id(each) not in ticks or not numeric.fullmatch(each.get_text())
    ]


@pytest.fixture(scope="module")
def drawn(wave):
    return {lang: every_chart(wave, lang) for lang in ("nl", "en")}


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_no_text_is_cut_and_none_lies_on_another(drawn, lang):
    for chart in drawn[lang]:
        boxes = texts_of(chart.figure)
        width, height = chart.figure.get_size_inches()
        for text, box in boxes:
            assert box.x0 > -0.01, (chart.name, text)
            assert box.x1 < width + 0.01, (chart.name, text)
            assert box.y0 > -0.01, (chart.name, text)
            assert box.y1 < height + 0.01, (chart.name, text)
        for i, (text, box) in enumerate(boxes):
            for other, beside in boxes[i + 1 :]:
                wide = min(box.x1, beside.x1) - max(box.x0, beside.x0)
                high = min(box.y1, beside.y1) - max(box.y0, beside.y0)
                assert wide < 0.02 or high < 0.02, (chart.name, text, other)
        assert chart.alt.startswith(chart.caption)
        assert not re.search(r"\bnan\b", chart.alt)


def test_charts_print_base_and_published_number_in_the_language(drawn):
    dutch, english = ({chart.name: chart for chart in drawn[lang]} for lang in ("nl", "en"))
    assert {f"figure{i:02d}" for i in range(1, 14)} <= set(dutch) == set(english)
    assert "N\u00a0=\u00a0312" in dutch["figure01"].caption
    assert "N\u00a0=\u00a058" in english["figure09"].caption
    assert "2,28 (gepubliceerd: 2,28)" in dutch["figure10"].alt
    assert "2.28 (published: 2.28)" in english["figure10"].alt
    assert "wekelijks of vaker 51%, actief 73% (gepubliceerd: ‘iets meer dan 50%’)" in dutch["figure07"].alt


def test_words_and_numbers_of_the_whitepaper():
    nl, en = Words("nl"), Words("en")
    assert (printed("2,28", nl), printed("2,28", en)) == ("2,28", "2.28")
    assert printed("61-73%", en) == "61–73%"
    assert printed("in alle gevallen", en) == "“in all cases”"
    assert (shown(0.944, "coefficient", nl), shown(62.179, "percent", en)) == (",944", "62.2%")


def test_a_base_that_differs_is_a_range():
    frame = pd.DataFrame({"kind": ["ticked", "ticked"], "base": [300, 314]})
    assert bases(frame, Words("en")) == "N\u00a0=\u00a0300–314"


def run(*arguments):
    return CliRunner().invoke(cli.app, ["describe", *map(str, arguments)])


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """Everything the command can do at once, in Dutch."""
    folder = tmp_path_factory.mktemp("monitor")
    earlier = folder / "wave2010.csv"
    draw_answers(5).to_csv(earlier, index=False)
    population = HERE / "population.csv"
    out = folder / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adoption.adoption, "__defaults__", ("USER", "auto", "en", 2012, 3))
        patch.setitem(style.SETTINGS, "savefig.dpi", 40.0)
        done = run("--trend", earlier, "--weights", population, "--respondents", "--lang", "nl", "--out", out)
    return done, out


def test_the_command_writes_page_charts_and_tables(described):
    done, out = described
    assert done.exit_code == 0, done.output
    assert "komen er 25 overeen binnen afronding" in done.output
    assert "effectieve n 178 van 314" in done.output
    listed = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert listed["published"] == {"agrees within rounding": 25}
    assert listed["claim"]["holds"] is True
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert there == set(listed["files"])
    assert {f"figures/figure{i:02d}.svg" for i in range(1, 14)} <= there


def test_the_page_stands_alone_and_says_what_it_is(described):
    text = (described[1] / "monitor.html").read_text(encoding="utf-8")
    assert 'lang="nl"' in text
    assert text.count("data:image/svg+xml;base64,") == 13 + 5 + 1
    assert not re.search(r'src="(?!data:|#)|href="(?!data:|#|https://doi\.org/10\.)', text)
    assert "synthetische data" in text
    assert "geen benchmark" in text
    assert "intersectie-unie" in text
    assert not re.search(r"\bnan\b|None|\{[a-z_]+\}", re.sub(r"<style>.*?</style>|<img[^>]*>", "", text, flags=re.S))
    assert text.count("komt overeen binnen afronding") == 46


def test_dutch_tables_have_decimal_commas(described):
    frame = pd.read_csv(described[1] / "tables" / "monitor.csv", sep=";", decimal=",")
    assert frame["value"].dtype.kind == "f"
    assert "Synthetische data" in (described[1] / "tables" / "README.txt").read_text(encoding="utf-8")
    weights = pd.read_csv(described[1] / "tables" / "weights.csv", sep=";", decimal=",")
    assert len(weights) == 314


def test_figures_only_and_what_a_wave_cannot_give(tmp_path):
    answers = draw_answers(5)[["respondent", "REG01", "GEB01", "GEB02"]]
    file = tmp_path / "bare.csv"
    answers.to_csv(file, index=False)
    done = run(file, "--figures", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "no goal with both a motive" in done.output
    made = {path.name for path in (tmp_path / "out" / "figures").iterdir()}
    assert made == {"figure01.svg", "figure01.png", "figure07.svg", "figure07.png"}


def test_refusals_come_as_messages(tmp_path):
    usage = tmp_path / "usage.csv"
    usage.write_text("variable,codes,count\nUSER,1,60\n", encoding="utf-8")
    done = run("--weights", usage, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "would only give that rate back" in done.output
    assert not (tmp_path / "out").exists()
    book = tmp_path / "book.csv"
    book.write_text("item\n", encoding="utf-8")
    done = run("--trend", usage, "--trend-codebook", book, "--trend-codebook", book, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "2 codebooks for 1 waves" in done.output


def test_the_codebook_is_the_whole_questionnaire():
    assert len(Codebook.read()) == 89
