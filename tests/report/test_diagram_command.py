"""`mkb21sem diagram`: what it writes, and what it says where it can't."""

import json
import re
import tomllib

import numpy as np
import pytest
from typer.testing import CliRunner

from mkb21sem import cli
from mkb21sem.report.beside import ENDING
from mkb21sem.survey.synthetic import synthetic_wave


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.fixture(scope="module")
def answers():
    return synthetic_wave().answers.reset_index()


def run(*arguments):
    return CliRunner().invoke(cli.app, ["diagram", *map(str, arguments)])


def files(folder):
    """What was written, but for the records beside them."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(ENDING))


def test_every_format_is_written_from_one_drawing_and_stamped(here):
    outs = [f"d.{suffix}" for suffix in ("svg", "pdf", "png", "tex", "dot")]
    done = run("--model", "mkb21_stated", *[part for out in outs for part in ("--out", out)])
    assert done.exit_code == 0, done.output
    assert files(here) == sorted(outs)
    assert "nothing about real firms" in done.output
    for text in ("d.tex", "d.dot"):
        assert "SYNTHETIC DATA" in (here / text).read_text(encoding="utf-8")
    title = re.search(r"<title>(.*?)</title>", (here / "d.svg").read_text(encoding="utf-8"), re.S).group(1)
    assert title.startswith("SYNTHETIC DATA. Path diagram: MKB21 Social Media Usage Model")
    assert re.search(r"Culture → Motives \.\d\d", title)


def test_a_wave_file_is_fitted_and_not_stamped(here, answers):
    answers.to_csv("wave.csv", index=False)
    done = run("wave.csv", "--model", "mkb21_stated", "--lang", "nl", "--out", "d.tex")
    assert done.exit_code == 0, done.output
    text = (here / "d.tex").read_text(encoding="utf-8")
    assert "SYNTHE" not in text
    assert "Cultuur" in text
    assert re.search(r"N = 256; MLR; geschaalde", text)


def test_the_model_alone_needs_no_answers(here):
    done = run("--unfitted", "--names", "ids", "--out", "d.dot")
    assert done.exit_code == 0, done.output
    text = (here / "d.dot").read_text(encoding="utf-8")
    assert 'label="A3 (s)"' in text
    assert 'label="CUL"' in text
    assert "not fitted" in text
    assert "SYNTHETIC" not in text


def test_a_highlighted_path_has_its_effect_below(here):
    done = run("--highlight", "CUL -> MOT -> ERV", "--out", "d.tex")
    assert done.exit_code == 0, done.output
    text = (here / "d.tex").read_text(encoding="utf-8")
    note = " ".join(re.findall(r"sem note\] at \([^)]*\) \{(.*)\};", text))
    assert re.search(
        r"Effect along Culture \$\\rightarrow\$ Motives \$\\rightarrow\$ Experience, standardised: \.\d\d \{\[\}\.\d\d",
        note,
    )
    bright = [line for line in text.splitlines() if r"\draw[sem path" in line and "sem back arrow" not in line]
    assert len([line for line in bright if "controls" in line]) == 2


def test_groups_drop_a_cause_that_is_constant_in_one(here):
    done = run("--group", "ZZP", "--out", "d.tex")
    assert done.exit_code == 0, done.output
    text = (here / "d.tex").read_text(encoding="utf-8")
    heads = re.findall(r"sem panel\] at \([^)]*\) \{(.*)\};", text)
    assert heads == [r"2\textendash{}250 (n = 153)", "One person (n = 103)"]
    assert "Firm size (persons working): the same for everybody" in re.sub(r"\s+", " ", done.output)
    first, second = re.findall(r"begin\{scope\}.*?end\{scope\}", text, re.S)
    names = [re.findall(r"sem name\] at (\([^)]*\)) \{(\\textbf.*?)(?:R\$|\};)", part) for part in (first, second)]
    assert names[0] == names[1]


def test_several_waves_stand_side_by_side(here, answers):
    for year in (2012, 2014):
        answers.sample(frac=1, replace=False, random_state=year).head(280).to_csv(f"w{year}.csv", index=False)
    done = run("w2012.csv", "w2014.csv", "--model", "mkb21_stated", "--equal", "loadings", "--out", "d.dot")
    assert done.exit_code == 0, done.output
    text = (here / "d.dot").read_text(encoding="utf-8")
    assert re.findall(r'label="(w20\d\d) \(n = \d+\)"', text) == ["w2012", "w2014"]


def test_any_table_will_do(here):
    rng = np.random.default_rng(7)
    x = rng.normal(size=200)
    lines = [
        "x,y,half",
        *(f"{a:.3f},{0.5 * a + b:.3f},{k % 2}" for k, (a, b) in enumerate(zip(x, rng.normal(size=200), strict=True))),
    ]
    (here / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    (here / "m.sem").write_text("y ~ x\n", encoding="utf-8")
    done = run("t.csv", "--table", "--model", "m.sem", "--group", "half", "--out", "d.dot")
    assert done.exit_code == 0, done.output
    assert re.findall(r'label="(half = \d) \(n = 100\)"', (here / "d.dot").read_text("utf-8")) == [
        "half = 0",
        "half = 1",
    ]


@pytest.mark.parametrize("suffix", ["toml", "json"])
def test_positions_are_saved_changed_and_kept(here, suffix):
    name = f"p.{suffix}"
    assert run("--unfitted", "--model", "mkb21_stated", "--save-positions", name, "--out", "a.dot").exit_code == 0
    text = (here / name).read_text(encoding="utf-8")
    places = tomllib.loads(text) if suffix == "toml" else json.loads(text)
    assert set(places) == {"CUL", "OMG", "MOT", "INTENS", "OMV01", "MKT02"}
    places["MOT"][0] += 3
    lines = "".join(f"{key} = {value}\n" for key, value in places.items())
    (here / name).write_text(lines if suffix == "toml" else json.dumps(places), encoding="utf-8")
    again = ("--positions", name, "--save-positions", "q.json", "--out", "b.dot")
    assert run("--unfitted", "--model", "mkb21_stated", *again).exit_code == 0
    kept = json.loads((here / "q.json").read_text(encoding="utf-8"))
    assert {key: pytest.approx(value, abs=0.002) for key, value in places.items()} == kept


def test_only_an_unreadable_position_file_is_refused(here):
    for name, text, said in (
        ("a.toml", "MOT = [1]", "two numbers, x and y in cm, as in MOT = [4.2, 3.0]; got [1]"),
        ("b.toml", "MOT = here", "b.toml is no TOML"),
        ("c.json", '{"MOT": [1, "2"]}', "two numbers"),
        ("d.json", "[]", "expected a line a node"),
        ("e.toml", "CULT = [1, 2]", "no node `CULT`. Closest: CUL"),
        ("f.json", '{"MOT": [1, NaN]}', "two numbers"),
        ("g.yaml", "", "suffix of g.yaml must be .toml, .json"),
    ):
        (here / name).write_text(text, encoding="utf-8")
        done = run("--unfitted", "--positions", name, "--out", "x.dot")
        assert done.exit_code == 2, name
        assert said in re.sub(r"\s+", " ", done.output), name
    missing = run("--unfitted", "--positions", "none.toml", "--out", "x.dot")
    assert "there is no file none.toml. `--save-positions` makes one." in missing.output
    assert not (here / "x.dot").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "d.gif"], "suffix of d.gif must be .svg, .pdf, .png, .tex, .dot"),
        (["--out", "d.svg", "--out", "./d.svg"], "asked for twice"),
        (["--out", "nowhere/d.svg"], "there is no folder nowhere"),
        (["--labels", "stad"], "Closest: std"),
        (["--names", "label"], "--names must be labels, constructs, ids"),
        (["--theme", "dark"], "theme must be print, screen, slides"),
        (["--highlight", "CUL -> REP"], "no arrow CUL → REP"),
        (["--unfitted", "--labels", "std"], "a Model has no numbers"),
        (["--unfitted", "--group", "ZZP"], "--unfitted draws the model alone"),
        (["--equal", "loadings"], "--equal and --free hold over groups"),
        (["--group", "REP01"], "3 usable rows in group"),
        (["--group", "nothing"], "no item or derived variable `nothing`"),
        (["--group", "SEC01"], "the groups that can stand side by side are two to 6"),
        (["--missing-codes", "99"], "name the file"),
        (["--table"], "--table takes one file"),
        (["none.csv"], "none.csv"),
        (["--model", "mkb22"], "mkb21"),
        (["--estimator", "MLX"], "estimator must be"),
        (["--group", "ZZP", "--columns", "0"], "columns must be 1 or more"),
    ],
)
def test_what_can_t_be_done_is_said_and_nothing_is_written(here, arguments, said):
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert said in re.sub(r"\s+", " ", done.output)
    assert files(here) == []


def test_if_one_file_can_t_be_written_none_is_and_earlier_ones_stay(here, monkeypatch):
    (here / "a.dot").write_text("before", encoding="utf-8")

    def refuse(sheet):
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(__import__("mkb21sem.report.drawing.export", fromlist=["TEXTS"]).TEXTS, ".tex", refuse)
    done = run("--unfitted", "--out", "a.dot", "--out", "b.tex")
    assert done.exit_code != 0
    assert files(here) == ["a.dot"]
    assert (here / "a.dot").read_text(encoding="utf-8") == "before"
