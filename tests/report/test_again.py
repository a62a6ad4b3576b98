"""An output can be made again from what it says of itself, and a changed number is named."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mkb21sem import Hypothesis, Model, OptionError, cli, synthetic_wave
from mkb21sem.commands.record import _line
from mkb21sem.report.again import compared, stored
from mkb21sem.report.provenance import hypothesis_file
from mkb21sem.report.reproduce import reproduce
from mkb21sem.specify.model import shipped

SPEC = "# title: two constructs\nMOT =~ MOT03 + MOT05 + MOT07\nERV =~ ERV03 + ERV05 + ERV07\nERV ~ MOT\n"
CLAIM = '[[hypothesis]]\nid = "H1"\npath = "MOT -> ERV"\nsign = "+"\n'


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    return done.exit_code, re.sub(r"\s+", " ", done.output)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wave, a model and hypotheses as files of the user, in a folder with a telling name."""
    folder = tmp_path_factory.mktemp("secret_client")
    synthetic_wave().answers.reset_index().to_csv(folder / "wave.csv", index=False)
    (folder / "own.sem").write_text(SPEC, encoding="utf-8")
    (folder / "own.toml").write_text(CLAIM, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("again") / "out"
    asked = ["--data", files / "wave.csv", "--model", files / "own.sem", "--hypotheses", files / "own.toml"]
    code, said = run("reproduce", *asked, "--estimator", "MLR", "--lang", "nl", "--out", out)
    assert code == 0, said
    return out


def test_the_same_numbers_come_out_again(made: Path, files: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "renamed.csv"
    shutil.copy(files / "wave.csv", renamed)
    code, said = run("verify", made, "--data", renamed)
    assert code == 0, said
    assert "mkb21sem reproduce --data wave.csv --model own.sem --hypotheses own.toml --lang nl --estimator MLR" in said
    found = re.search(r"Hetzelfde: (\d+) getallen en woorden, waarvan (\d+) tot het laatste cijfer", said)
    assert found
    assert int(found[1]) > 1000
    assert found[1] == found[2]


def test_an_output_says_how_it_was_made_and_no_path(made: Path, files: Path) -> None:
    """In results.json, at the foot of the page and beside the tables."""
    ran = stored(made)["run"]
    assert ran["options"]["data"] == {"file": "wave.csv", "sha256": stored(made)["data"]["sha256"]}
    assert ran["options"]["model"]["text"] == SPEC
    assert (ran["options"]["estimator"], ran["options"]["lang"], ran["stopped"]) == ("MLR", "nl", False)
    readme = (made / "tables" / "README.txt").read_text(encoding="utf-8")
    page = (made / "report.html").read_text(encoding="utf-8").partition("<footer>")[2]
    for text in (readme, page):
        assert "reproduce --data wave.csv --model own.sem" in text
        assert stored(made)["data"]["sha256"][:16] in text
        assert ran["spec_sha256"][:16] in text
        assert f"numpy {stored(made)['software']['numpy']}" in text
        assert ran["platform"] in text
    for path in made.rglob("*"):
        if path.is_file():
            assert b"secret_client" not in path.read_bytes(), f"{path.name} tells where the user keeps files"


def changed_fit(folder: Path) -> None:
    content = stored(folder)
    content["fit"]["cfi"] += 1e-5
    (folder / "results.json").write_text(json.dumps(content), encoding="utf-8")


def changed_verdict(folder: Path) -> None:
    content = stored(folder)
    content["hypotheses"][0]["verdict"] = "opposite"
    (folder / "results.json").write_text(json.dumps(content), encoding="utf-8")


def changed_table(folder: Path) -> None:
    path = folder / "tables" / "paths.csv"
    head, _, rows = path.read_text(encoding="utf-8-sig").partition("\n")
    assert re.search(r"\d,\d", rows), "a Dutch table has decimal commas"
    changed = re.sub(r"(\d),(\d)", r"\g<1>,5\2", rows, count=1)
    path.write_text(f"{head}\n{changed}", encoding="utf-8-sig")


def dropped_table(folder: Path) -> None:
    (folder / "tables" / "verdicts.csv").unlink()


CHANGES: dict[str, Callable[[Path], None]] = {
    "fit.cfi": changed_fit,
    "hypotheses.H1.verdict": changed_verdict,
    "tables/paths.csv, row 2": changed_table,
    "tables/verdicts.csv: columns": dropped_table,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_number_that_was_touched_is_named(name: str, made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "touched")
    CHANGES[name](tmp_path / "touched")
    found = compared(tmp_path / "touched", made)
    assert found.differences["name"].iloc[0].startswith(name)
    assert len(found.differences) == 1 or name.endswith("columns")


def test_touched_numbers_end_the_command_with_their_names(
    made: Path, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "mkb21sem.commands.verify._run",
        lambda command, options, place, *more: shutil.copytree(made, place / "again"),
    )
    shutil.copytree(made, tmp_path / "touched")
    changed_fit(tmp_path / "touched")
    content = stored(tmp_path / "touched")
    content["software"]["numpy"] = "1.0"
    (tmp_path / "touched" / "results.json").write_text(json.dumps(content), encoding="utf-8")
    code, said = run("verify", tmp_path / "touched", "--data", files / "wave.csv")
    assert code == 1
    assert re.search(r"Verschillen: 1 \(\d+ getallen en woorden zijn vergeleken", said)
    assert "fit.cfi" in said
    assert "herhaal dit met de versies van toen (mkb21sem" in said
    assert "Andere versies dan toen" in said


def test_other_answers_are_refused(made: Path, files: Path, tmp_path: Path) -> None:
    other = tmp_path / "wave.csv"
    other.write_bytes((files / "wave.csv").read_bytes() + b"\n")
    for given in ([], ["--data", other]):
        code, said = run("verify", made, *given)
        assert code == 2
        assert ("was changed, or is another file of that name" if given else "Name it by --data") in said
        assert "the run read" in said
    code, said = run("verify", made, "--data", tmp_path / "absent.csv")
    assert code == 2
    assert "can't be read" in said


OURS = '{"made_by": "mkb21sem", "software": {"mkb21sem": "0.0.1"}, "run": {"line": "", "command": %s}}'
BAD = [
    ("", "there is no results.json that can be read"),
    ("[]", "doesn't say which command"),
    ('{"run": 3}', "doesn't say which command"),
    ('{"made_by": "x", "run": {"command": "infer", "options": {}}}', "doesn't say which command"),
    ('{"made_by": "mkb21sem", "run": {"command": "infer", "options": {}}}', "doesn't say which command"),
    ('{"made_by": "mkb21sem", "run": {"line": "", "command": "a", "options": {}}}', "doesn't say by which versions"),
    (OURS % '"infer", "options": null', "from Python or by an earlier version"),
    (OURS % '"infer", "options": {}, "stopped": true', "stopped by the user"),
    (OURS % '"rm", "options": {}', "no command whose output can be verified"),
    (OURS % '"infer", "options": {"odd": 1}', "no option odd in this version"),
    (OURS % '"infer", "options": {"lang": "fr"}', "another version, or was edited"),
    (OURS % '"infer", "options": {"lang": "fr"}', "Verify it by the version that made it: mkb21sem 0.0.1"),
    (OURS % '"infer", "options": {"file": {"file": "wave.csv", "sha256": "12"}}', "the run read wave.csv"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_a_folder_that_says_nothing_or_something_odd(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(text, encoding="utf-8")
    code, said = run("verify", tmp_path)
    assert code == 2, said
    assert message in said
    assert run("verify", tmp_path / "absent")[0] == 2


def test_a_file_of_the_run_cannot_leave_its_folder(tmp_path: Path) -> None:
    told = {"file": "../../../escaped.sem", "sha256": "0", "text": SPEC}
    content = {
        "made_by": "mkb21sem",
        "software": {},
        "run": {"line": "", "command": "infer", "options": {"model": told, "estimator": "nonsense"}},
    }
    (tmp_path / "results.json").write_text(json.dumps(content), encoding="utf-8")
    before = set(os.listdir(tmp_path.parent))
    assert run("verify", tmp_path)[0] == 2
    assert set(os.listdir(tmp_path.parent)) == before


def test_the_line_has_the_names_of_the_options() -> None:
    from mkb21sem.commands.estimate import estimate
    from mkb21sem.commands.infer import infer

    given = {"model": "mkb21", "data": Path("/home/me/wave.csv"), "codes": "-7", "std_lv": True, "fixed_x": False}
    line = "mkb21sem estimate --data wave.csv --model mkb21 --missing-codes -7 --std-lv --no-fixed-x"
    assert _line(estimate, given) == line
    given = {"file": Path("/home/me/my wave.csv"), "robustness": False, "keep": False, "workers": 2, "draws": 500}
    assert _line(infer, given) == "mkb21sem infer 'my wave.csv' --draws 500 --no-robustness"


@pytest.mark.parametrize("name", shipped(".toml"))
def test_hypotheses_are_the_same_after_a_file(name: str, tmp_path: Path) -> None:
    claims, zeros = Hypothesis.read(name), Hypothesis.read_zeros(name)
    (tmp_path / "again.toml").write_text(hypothesis_file(claims, zeros), encoding="utf-8")
    assert Hypothesis.read(tmp_path / "again.toml") == claims
    assert Hypothesis.read_zeros(tmp_path / "again.toml") == zeros


COMMANDS = {
    "infer": ["infer", "{wave}", "--model", "mkb21_stated", "--draws", "200", "--workers", "2"],
    "power": ["power", "{wave}", "--n", "60,80", "--draws", "40", "--lang", "nl", "--workers", "2"],
    "describe": ["describe", "{wave}", "--figures", "--bootstrap"],
    "validate": ["validate", "{wave}", "--draws", "50", "--group", "ZZP"],
    "compare": ["compare"],
    "estimate": ["estimate", "--model", "{spec}", "--data", "{wave}", "--missing-codes", "-7,-8,-9"],
    "diagram": ["diagram", "{wave}", "--model", "{spec}", "--lang", "nl"],
    "synthesize": ["synthesize", "{wave}", "--model", "{spec}"],
    "report": ["report", "{wave}", "--model", "{spec}", "--formats", "html,docx,md", "--tables", "csv,tex"],
    "export": ["export", "{wave}", "--to", "mplus", "--model", "{spec}"],
}


SINGLE = {"diagram": ".svg", "synthesize": ".csv"}


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_verified(name: str, files: Path, tmp_path: Path) -> None:
    asked = [part.format(wave=files / "wave.csv", spec=files / "own.sem") for part in COMMANDS[name]]
    single = SINGLE.get(name, "")
    out = tmp_path / f"out{single}"
    code, said = run(*asked, "--out", out)
    assert code == 0, said
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"secret_client" not in path.read_bytes(), f"{path.name} tells where the user keeps files"
    code, said = run("verify", out, "--data", files / "wave.csv")
    assert code == 0, said
    assert "The same" in said or "Hetzelfde" in said
    assert "the other files are the same too" in said or "ook de andere bestanden gelijk" in said


@pytest.mark.slow
def test_what_was_made_from_python_can_be_verified(tmp_path: Path) -> None:
    reproduce(synthetic_wave(), Model.read("mkb21_stated"), Hypothesis.read("mkb21")[:3], tmp_path / "out")
    code, said = run("verify", tmp_path / "out")
    assert code == 0, said
    with pytest.raises(OptionError):
        stored(tmp_path)
