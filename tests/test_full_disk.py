"""A full disk, a folder that can't be written and Ctrl-C: a message, the right exit code, and earlier outputs whole.

Limits on the size of files are set by the system itself, in a process of its own; a disk that is full is a small one
where the system lets us make one, and a write that fails as the system fails it everywhere.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mkb21sem import cli, synthetic_wave
from mkb21sem.errors import OptionError
from mkb21sem.report.outputs import save_file

SPEC = "MOT =~ MOT03 + MOT05 + MOT07\nERV =~ ERV03 + ERV05 + ERV07\nERV ~ MOT\n"
FILES = {
    "plan.toml": ["plan", "freeze", "--out", "{out}"],
    "questionnaire.txt": ["questionnaire", "--out", "{out}"],
    "questionnaire.xlsx": ["questionnaire", "--format", "xlsform", "--out", "{out}"],
    "questionnaire.docx": ["questionnaire", "--format", "docx", "--out", "{out}"],
    "mapping.csv": ["mapping", "{wave}", "--out", "{out}"],
    "log.csv": ["survey", "{wave}", "--log", "{out}"],
}
"""Commands that write a single file."""
FOLDERS = {
    "estimate": ["estimate", "--model", "{spec}", "--data", "{wave}", "--missing-codes", "-7,-8,-9", "--out", "{out}"],
    "export": ["export", "{wave}", "--model", "{spec}", "--to", "lavaan", "--out", "{out}"],
    "infer": ["infer", "{wave}", "--model", "{spec}", "--no-robustness", "--no-checkpoint", "--out", "{out}"],
}
SLOW_FOLDERS = {
    "reproduce": ["reproduce", "--data", "{wave}", "--out", "{out}"],
    "describe": ["describe", "{wave}", "--figures", "--out", "{out}"],
    "validate": ["validate", "{wave}", "--draws", "50", "--out", "{out}"],
    "power": ["power", "{wave}", "--n", "60", "--no-checkpoint", "--out", "{out}"],
    "compare": ["compare", "--out", "{out}"],
}
LIMITED = """
import resource, signal, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from mkb21sem.cli import app
for command in sys.argv[2:]:
    print("exit", app(command.split("\\t"), standalone_mode=False) or 0)
"""


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("given")
    synthetic_wave().answers.reset_index().to_csv(folder / "wave.csv", index=False)
    (folder / "own.sem").write_text(SPEC, encoding="utf-8")
    return {"wave": str(folder / "wave.csv"), "spec": str(folder / "own.sem")}


def filled(arguments: list[str], given: dict[str, str], out: Path) -> list[str]:
    return [part.format(**given, out=out) for part in arguments]


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(arguments: list[str]) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, arguments)
    return done.exit_code, re.sub(r"\s+", " ", done.output)


def limited(limit: int, *commands: list[str]) -> tuple[list[str], str]:
    """Exit codes and output of commands in a process that may write no file larger than the limit."""
    told = ["\t".join(command) for command in commands]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(limit), *told], capture_output=True, text=True, check=False
    )
    return re.findall(r"^exit (\w+)$", done.stdout, re.MULTILINE), re.sub(r"\s+", " ", done.stdout + done.stderr)


@pytest.mark.skipif(sys.platform != "linux", reason="limits on the size of files are tested on Linux")
def test_a_file_that_the_system_cuts_off(given: dict[str, str], tmp_path: Path) -> None:
    """Every command that writes one file, once with none before and once with an earlier one."""
    earlier, fresh = tmp_path / "earlier", tmp_path / "fresh"
    earlier.mkdir()
    fresh.mkdir()
    for name in FILES:
        if name not in ("plan.toml", "mapping.csv"):  # these are never replaced
            (earlier / name).write_text("earlier", encoding="utf-8")
    before = tree(earlier)
    commands = [filled(arguments, given, fresh / name) for name, arguments in FILES.items()]
    commands += [filled(FILES[name], given, earlier / name) for name in before]
    codes, said = limited(16, *commands)
    assert codes == ["2"] * len(commands), said
    # A workbook goes through temporary files.
    workbooks = sum(command[-1].endswith(".xlsx") for command in commands)
    assert said.count("can't be written (File too large)") == len(commands) - workbooks
    assert said.count("the workbook can't be put together") == workbooks == 2
    assert tree(earlier) == before
    assert tree(fresh) == {}


@pytest.mark.skipif(sys.platform != "linux", reason="limits on the size of files are tested on Linux")
@pytest.mark.parametrize("names", [list(FOLDERS), pytest.param(list(SLOW_FOLDERS), marks=pytest.mark.slow)])
def test_a_folder_that_the_system_cuts_off(names: list[str], given: dict[str, str], tmp_path: Path) -> None:
    every = FOLDERS | SLOW_FOLDERS
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text(
            '{"made_by": "mkb21sem", "files": ["results.json"]}', encoding="utf-8"
        )
    before = tree(tmp_path)
    commands = [filled(every[name], given, tmp_path / name) for name in names]
    commands += [filled(every[name], given, tmp_path / f"{name}_fresh") for name in names]
    codes, said = limited(300, *commands)
    assert codes == ["2"] * len(commands), said
    assert said.count("can't be written (File too large)") == len(commands)
    assert "Traceback" not in said
    assert tree(tmp_path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    asked = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if sys.platform != "linux" or os.geteuid() or subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("the system lets nobody here make a small disk")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_disk_that_is_full(small: Path, given: dict[str, str]) -> None:
    (small / "filler").write_bytes(b"x" * 61_440)
    for name, arguments in (FOLDERS | FILES).items():
        if name not in ("log.csv", "mapping.csv"):  # these fit in what is left
            code, said = run(filled(arguments, given, small / name))
            assert code == 2, said
            assert "can't be written (No space left on device)" in said
            assert [path.name for path in small.iterdir()] == ["filler"], name


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
def test_a_folder_that_cannot_be_written(name: str, given: dict[str, str], tmp_path: Path, monkeypatch) -> None:
    """As the system refuses it: root may write anywhere, so the refusal is put in its mouth."""
    place = tmp_path / "locked"
    place.mkdir()
    refuse_below(place, monkeypatch)
    code, said = run(filled((FILES | FOLDERS)[name], given, place / name))
    assert code == 2, said
    assert "can't be written (Permission denied)" in said
    assert list(place.iterdir()) == []


def refuse_below(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system refuse to make files and folders there."""
    write_bytes, mkdir = Path.write_bytes, Path.mkdir

    def refused(self: Path) -> None:
        if place in self.parents:
            raise PermissionError(13, "Permission denied")

    def no_bytes(self: Path, content: bytes) -> int:
        refused(self)
        return write_bytes(self, content)

    def no_folder(self: Path, *args, **options) -> None:
        refused(self)
        mkdir(self, *args, **options)

    monkeypatch.setattr(Path, "write_bytes", no_bytes)
    monkeypatch.setattr(Path, "mkdir", no_folder)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_an_earlier_file_survives_whatever_ends_the_writing(error, tmp_path: Path, monkeypatch) -> None:
    def ended(*_: object) -> None:
        raise error

    (tmp_path / "plan.txt").write_bytes(b"earlier")
    monkeypatch.setattr("mkb21sem.report.outputs.os.replace", ended)
    with pytest.raises(error):
        save_file(tmp_path / "plan.txt", b"later")
    assert tree(tmp_path) == {"plan.txt": b"earlier"}


def test_ctrl_c_leaves_earlier_outputs_whole(given: dict[str, str], tmp_path: Path, monkeypatch) -> None:
    arguments = filled(FOLDERS["estimate"], given, tmp_path / "out")
    assert run(arguments)[0] == 0
    before = tree(tmp_path)

    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mkb21sem.report.results.write", pressed)
    code, said = run(arguments)
    assert code == 130
    assert "Stopped. Nothing was written." in said
    assert tree(tmp_path) == before


def test_a_file_that_may_not_be_replaced_is_not_without_links_either(tmp_path: Path, monkeypatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("mkb21sem.report.outputs.os.link", no_links)
    save_file(tmp_path / "plan.toml", b"first", replace=False)
    with pytest.raises(OptionError, match="it is never replaced"):
        save_file(tmp_path / "plan.toml", b"second", replace=False)
    assert tree(tmp_path) == {"plan.toml": b"first"}
    with pytest.raises(OptionError, match="there is a folder of that name"):
        save_file(tmp_path, b"third")
