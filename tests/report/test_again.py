"""An output can be made again from what it says of itself, and a changed number is named."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mkb21sem import OptionError, cli, synthetic_wave
from mkb21sem.report.again import again, stored


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    return done.exit_code, re.sub(r"\s+", " ", done.output)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("again") / "out"
    code, said = run("reproduce", "--estimator", "MLR", "--out", out)
    assert code == 0, said
    return out


def test_the_same_numbers_come_out_again(made: Path) -> None:
    found = again(stored(made), synthetic_wave())
    assert found.compared > 500
    assert found.identical == found.compared
    assert found.differences.empty
    assert found.software.empty
    code, said = run("verify", made)
    assert code == 0
    assert re.search(r"The same: \d+ numbers and words", said)


def changed_fit(content: dict[str, Any]) -> None:
    content["fit"]["cfi"] += 1e-5


def changed_verdict(content: dict[str, Any]) -> None:
    content["hypotheses"][0]["verdict"] = "supported"


def changed_estimate(content: dict[str, Any]) -> None:
    content["estimates"][3]["se"] *= 1.001


CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "fit.cfi": changed_fit,
    "hypotheses.H1a.verdict": changed_verdict,
    "estimates.CUL =~ CUL04.se": changed_estimate,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_number_that_was_touched_is_named(name: str, made: Path, tmp_path: Path) -> None:
    content = stored(made)
    CHANGES[name](content)
    (tmp_path / "results.json").write_text(json.dumps(content), encoding="utf-8")
    found = again(stored(tmp_path), synthetic_wave())
    assert found.differences["name"].tolist() == [name]
    code, said = run("verify", tmp_path)
    assert code == 1
    assert f"1 of {found.compared} numbers and words differ" in said


def test_other_versions_are_named(made: Path) -> None:
    content = stored(made)
    content["software"]["numpy"] = "1.0"
    assert again(content, synthetic_wave()).software["name"].tolist() == ["numpy"]


def test_other_answers_are_refused(made: Path, tmp_path: Path) -> None:
    content = stored(made)
    content["data"]["sha256"] = "0" * 64
    (tmp_path / "results.json").write_text(json.dumps(content), encoding="utf-8")
    code, said = run("verify", tmp_path)
    assert code == 2
    assert "not the answers of the analysis" in said
    content["data"] |= {"synthetic": False, "file": "wave.sav"}
    (tmp_path / "results.json").write_text(json.dumps(content), encoding="utf-8")
    code, said = run("verify", tmp_path)
    assert code == 2
    assert "name that file by --data" in said


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"run": {"command": "describe"}}', '{"run": 3}'])
def test_a_folder_without_an_analysis(text: str, tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(text, encoding="utf-8")
    with pytest.raises(OptionError):
        stored(tmp_path)
    assert run("verify", tmp_path)[0] == 2
    assert run("verify", tmp_path / "absent")[0] == 2


def test_a_file_of_another_version_is_refused(made: Path) -> None:
    content = stored(made)
    del content["run"]["asked"]
    with pytest.raises(OptionError, match="another version"):
        again(content, synthetic_wave())
