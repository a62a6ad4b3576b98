"""What anyone may do to an output, or give to verify: it says what differs and what to do, in the output's language."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mkb21sem import cli, synthetic_wave
from mkb21sem.commands import verify
from mkb21sem.errors import OptionError
from mkb21sem.report import beside, intact
from mkb21sem.report.again import compared
from mkb21sem.report.twin import files
from mkb21sem.report.words import Words

SPEC = "MOT =~ MOT03 + MOT05 + MOT07\nERV =~ ERV03 + ERV05 + ERV07\nERV ~ MOT\n"


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    return done.exit_code, re.sub(r"\s+", " ", done.output)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file of each command that writes single files, and a wave."""
    folder = tmp_path_factory.mktemp("files")
    synthetic_wave().answers.reset_index().to_csv(folder / "wave.csv", index=False)
    (folder / "own.sem").write_text(SPEC, encoding="utf-8")
    wave, spec = folder / "wave.csv", folder / "own.sem"
    out = folder / "out"
    out.mkdir()
    drawn = ("--lang", "nl", "--save-positions", out / "at.toml", "--out", out / "d.dot", "--out", out / "d.tex")
    for asked in (
        ("diagram", wave, "--model", spec, *drawn),
        ("questionnaire", "--format", "limesurvey", "--out", out / "q.txt"),
        ("mapping", wave, "--out", out / "map.csv"),
        ("survey", wave, "--log", out / "log.csv"),
    ):
        code, said = run(*asked)
        assert code == 0, said
    return folder


def copied(made: Path, to: Path) -> Path:
    shutil.copytree(made / "out", to / "out")
    return to / "out"


def test_every_single_file_has_its_record(made: Path) -> None:
    names = {path.name for path in (made / "out").iterdir() if not path.name.endswith(beside.ENDING)}
    assert names == {"d.dot", "d.tex", "at.toml", "q.txt", "map.csv", "log.csv"}
    for name in names:
        told = json.loads(beside.place(made / "out" / name).read_text(encoding="utf-8"))
        assert told["sha256"] == intact.digest(made / "out" / name)
        assert told["software"]["mkb21sem"]
        assert told["run"]["platform"]
        assert told["run"]["line"].startswith("mkb21sem ")
        assert str(made) not in json.dumps(told), "a record tells where the user keeps files"
    drawn = json.loads(beside.place(made / "out" / "d.dot").read_text(encoding="utf-8"))
    assert drawn["data"]["sha256"] == intact.digest(made / "wave.csv")
    assert drawn["run"]["options"]["model"]["text"] == SPEC
    assert drawn["run"]["spec_sha256"]
    assert {row["op"] for row in drawn["numbers"]["estimates"]} >= {"=~", "~", "~~"}


def test_a_folder_of_files_comes_out_again(made: Path) -> None:
    code, said = run("verify", made / "out", "--data", made / "wave.csv")
    assert code == 0, said
    assert said.count("The same:") + said.count("Hetzelfde:") == 6
    assert said.count("the other files are the same too") + said.count("zijn ook de andere bestanden gelijk") == 6
    assert "mkb21sem diagram wave.csv --model own.sem --lang nl" in said


def test_an_edited_drawing_is_named_with_its_line(made: Path, tmp_path: Path) -> None:
    out = copied(made, tmp_path)
    text = (out / "d.dot").read_text(encoding="utf-8")
    number = next(n for n, line in enumerate(text.splitlines(), start=1) if "," in line and "label" in line)
    lines = text.splitlines()
    lines[number - 1] = lines[number - 1].replace(",", ";", 1)
    (out / "d.dot").write_text("\n".join(lines) + "\n", encoding="utf-8")
    code, said = run("verify", out / "d.dot", "--data", made / "wave.csv")
    assert code == 1
    assert "d.dot: veranderd nadat het is geschreven" in said
    assert f"d.dot, line {number}" in said
    assert "vraag wie de andere heeft veranderd" in said


def test_an_edited_record_is_found_too(made: Path, tmp_path: Path) -> None:
    """The number in the record, and the drawing's own SHA-256 after editing both."""
    out = copied(made, tmp_path)
    record = beside.place(out / "d.tex")
    told = json.loads(record.read_text(encoding="utf-8"))
    told["numbers"]["fit"]["cfi"] -= 0.1
    record.write_text(json.dumps(told), encoding="utf-8")
    code, said = run("verify", record, "--data", made / "wave.csv")
    assert code == 1
    assert "numbers.fit.cfi" in said
    (out / "d.tex").write_text((out / "d.tex").read_text(encoding="utf-8") + "%\n", encoding="utf-8")
    told["numbers"]["fit"]["cfi"] += 0.1
    told["sha256"] = intact.digest(out / "d.tex")
    record.write_text(json.dumps(told), encoding="utf-8")
    code, said = run("verify", out / "d.tex", "--data", made / "wave.csv")
    assert code == 1
    assert "veranderd nadat" not in said
    assert "d.tex, line" in said


def test_an_edited_table_is_named_by_row_and_column(made: Path, tmp_path: Path) -> None:
    out = copied(made, tmp_path)
    rows = (out / "map.csv").read_text(encoding="utf-8-sig").splitlines()
    rows[4] = rows[4] + "x"
    (out / "map.csv").write_text("\n".join(rows) + "\n", encoding="utf-8-sig")
    code, said = run("verify", out / "map.csv", "--data", made / "wave.csv")
    assert code == 1
    assert "map.csv, row 5" in said
    assert "ask who changed the others" in said


def test_what_cannot_be_verified_says_what_to_do(made: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "plan.toml").write_text("", encoding="utf-8")
    (tmp_path / "lone.svg").write_text("<svg/>", encoding="utf-8")
    (tmp_path / "twin.csv").write_text("synthetic\n", encoding="utf-8")
    (tmp_path / "twin.json").write_text("{}", encoding="utf-8")
    out = copied(made, tmp_path)
    (out / "d.dot").unlink()
    said_of = {
        tmp_path / "empty": "Name a folder that a command's --out named",
        tmp_path / "absent": "there is no such folder or file",
        tmp_path / "plan.toml": "`mkb21sem plan verify plan.toml`",
        tmp_path / "lone.svg": "lone.svg.provenance.json that can be read",
        tmp_path / "twin.csv": "Name the folder that --report named",
        beside.place(out / "d.dot"): "there is no such folder or file",
        out / "d.tex": "Name it by --data",
    }
    for output, message in said_of.items():
        code, said = run("verify", output)
        assert code == 2, said
        assert message in said, output
    code, said = run("verify", out, "--data", made / "wave.csv")
    assert code == 2, said
    assert "d.dot: there is no such file" in said


def test_another_version_is_said_to_be_the_cause(made: Path, tmp_path: Path) -> None:
    out = copied(made, tmp_path)
    record = beside.place(out / "d.dot")
    told = json.loads(record.read_text(encoding="utf-8"))
    told["software"] |= {"mkb21sem": "0.0.1", "scipy": "1.0"}
    told["numbers"]["fit"]["cfi"] -= 0.1
    record.write_text(json.dumps(told), encoding="utf-8")
    code, said = run("verify", out / "d.dot", "--data", made / "wave.csv")
    assert code == 1
    assert "Andere versies dan toen" in said
    assert "herhaal dit met de versies van toen (mkb21sem 0.0.1" in said
    assert "pagina’s en plaatjes niet" in said


def test_another_copy_of_the_same_version_is_said_to_be_the_cause(made: Path, tmp_path: Path) -> None:
    """Somebody who works on the program is not told that an output was tampered with."""
    out = copied(made, tmp_path)
    record = beside.place(out / "q.txt")
    told = json.loads(record.read_text(encoding="utf-8"))
    told["run"]["program_sha256"] = "0" * 64
    record.write_text(json.dumps(told), encoding="utf-8")
    code, said = run("verify", out / "q.txt")
    assert code == 0, said
    assert "files of mkb21sem (SHA-256)" in said
    assert "pagina’s en plaatjes niet, byte voor byte" in said
    assert "zijn ook de andere bestanden gelijk" not in said


def test_a_difference_is_shown_to_the_last_digit(made: Path, tmp_path: Path) -> None:
    out = copied(made, tmp_path)
    record = beside.place(out / "d.dot")
    told = json.loads(record.read_text(encoding="utf-8"))
    was = told["numbers"]["fit"]["cfi"]
    told["numbers"]["fit"]["cfi"] = was + 1e-6
    record.write_text(json.dumps(told), encoding="utf-8")
    code, said = run("verify", out / "d.dot", "--data", made / "wave.csv")
    assert code == 1
    assert str(was + 1e-6) in said
    assert str(was) in said


def test_a_record_replaces_nothing_else(made: Path, tmp_path: Path) -> None:
    beside.place(tmp_path / "q.txt").write_text('{"mine": 1}', encoding="utf-8")
    code, said = run("questionnaire", "--out", tmp_path / "q.txt")
    assert code == 2
    assert "its record would replace q.txt.provenance.json" in said
    assert [path.name for path in tmp_path.iterdir()] == ["q.txt.provenance.json"]


def test_files_of_a_folder_that_were_touched(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "results.json"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    kept = {"sha256": intact.digests(tmp_path)}
    assert list(kept["sha256"]) == ["a.txt", "b.txt"]
    assert intact.touched(tmp_path, kept) == {}
    (tmp_path / "a.txt").write_text("A", encoding="utf-8")
    (tmp_path / "b.txt").unlink()
    (tmp_path / "c.txt").touch()
    assert intact.touched(tmp_path, kept) == {"a.txt": "changed", "b.txt": "missing", "c.txt": "added"}
    assert intact.touched(tmp_path, {}) == {}, "an earlier version kept no SHA-256"


def test_packed_files_differ_by_what_is_in_them(tmp_path: Path) -> None:
    def packed(name: str, **members: str) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w") as file:
            for member, text in members.items():
                file.writestr(member.replace("_", "/"), text)
        return tmp_path / name

    one = packed("one.docx", word_document="a", docProps_core="then")
    with zipfile.ZipFile(one, "a") as file:
        file.writestr("docProps/core.xml", "then")
    same = packed("same.docx", word_document="a", docProps_core="then")
    other = packed("other.docx", word_document="b")
    assert list(intact.differences(one, same, "x.docx")) == []
    assert [name for name, *_ in intact.differences(one, other, "x.docx")] == [
        "x.docx: docProps/core",
        "x.docx: word/document",
    ]
    (tmp_path / "broken.docx").write_bytes(b"no archive")
    assert "x.docx: content" in [name for name, *_ in intact.differences(one, tmp_path / "broken.docx", "x.docx")]


def test_differences_of_text_and_of_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("\n".join(map(str, range(40))), encoding="utf-8")
    other.write_text("\n".join(f"{n}!" for n in range(40)), encoding="utf-8")
    found = list(intact.differences(one, other, "x"))
    assert found[0] == ("x, line 1", "0", "0!")
    assert len(found) == intact.MOST + 1
    assert found[-1][0] == "x, 20 more lines"
    other.write_bytes(b"\xff\xfe")
    (named,) = intact.differences(one, other, "x")
    assert named[1].startswith("SHA-256")


def test_a_record_and_its_copy_are_the_same(made: Path, tmp_path: Path) -> None:
    out = copied(made, tmp_path)
    found = compared(made / "out" / "d.dot", out / "d.dot")
    assert found.compared == found.identical > 100
    assert len(found.differences) == 0
    assert found.whole


def test_a_record_that_is_no_json_replaces_nothing_either(tmp_path: Path) -> None:
    beside.place(tmp_path / "q.txt").write_text("mine", encoding="utf-8")
    code, said = run("questionnaire", "--out", tmp_path / "q.txt")
    assert code == 2
    assert "its record would replace q.txt.provenance.json" in said
    assert beside.place(tmp_path / "q.txt").read_text(encoding="utf-8") == "mine"


def test_an_archive_that_unpacks_to_too_much_is_compared_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("one.docx", "a" * 50), ("other.docx", "b" * 50)):
        with zipfile.ZipFile(tmp_path / name, "w") as file:
            file.writestr("word/document.xml", text)
    monkeypatch.setattr(intact, "LARGEST", 49)
    named = [name for name, *_ in intact.differences(tmp_path / "one.docx", tmp_path / "other.docx", "x.docx")]
    assert named == ["x.docx: content"]


def test_files_that_only_one_of_two_outputs_has_are_named(tmp_path: Path) -> None:
    run_ = {"platform": "p", "line": "l", "command": "infer", "options": {}}
    told = json.dumps({"software": {}, "run": run_})
    for name, more in (("one", "old.svg"), ("other", "new.svg")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text(told, encoding="utf-8")
        (tmp_path / name / more).write_text("<svg/>", encoding="utf-8")
    found = compared(tmp_path / "one", tmp_path / "other").differences
    assert found.to_numpy().tolist() == [["new.svg", "absent", "there"], ["old.svg", "there", "absent"]]


def disclosed(tmp_path: Path) -> tuple[Path, dict[str, object]]:
    """A disclosure report of a twin that stands beside it."""
    twin = tmp_path / "twin.csv"
    twin.write_text("REP01\n5\n", encoding="utf-8")
    told = {"name": "../twin", "sha256": intact.digest(twin)}
    return tmp_path / "twin-disclosure", {"twin": told, "run": {"command": "synthesize"}}


def test_the_twin_of_a_disclosure_report_is_looked_for_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report, content = disclosed(tmp_path)
    assert verify.twin_name(content) == "twin.csv"
    assert verify._twin(report, content, {}, Words()) == {}
    (tmp_path / "twin.csv").write_text("REP01\n4\n", encoding="utf-8")
    assert verify._twin(report, content, {}, Words()) == {"twin.csv": "changed"}
    (tmp_path / "twin.csv").unlink()
    assert capsys.readouterr().out == ""
    assert verify._twin(report, content, {}, Words()) == {}
    assert "twin.csv" in capsys.readouterr().out


def test_a_twin_that_is_given_or_of_another_command_is_not_looked_for(tmp_path: Path) -> None:
    report, content = disclosed(tmp_path)
    given = {content["twin"]["sha256"]: tmp_path / "elsewhere.csv"}
    (tmp_path / "twin.csv").write_text("REP01\n4\n", encoding="utf-8")
    assert verify._twin(report, content, given, Words()) == {}
    assert verify._twin(report, {**content, "run": {"command": "infer"}}, {}, Words()) == {}


def test_a_twin_is_verified_by_its_disclosure_report(tmp_path: Path) -> None:
    twin = tmp_path / "twin.csv"
    for path in (twin, files.beside(twin)):
        path.touch()
    with pytest.raises(OptionError, match="said in its disclosure report, and not beside the twin"):
        verify.named_by(twin)
    files.folder_of(twin).mkdir()
    assert verify.named_by(twin) == files.folder_of(twin)
