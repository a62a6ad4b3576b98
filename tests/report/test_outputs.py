import json

import pytest

from mkb21sem.errors import OptionError
from mkb21sem.report.outputs import replaceable, whole


def write(out, text):
    with whole(out) as folder:
        (folder / "results.json").write_text(json.dumps({"made_by": "mkb21sem", "text": text}), encoding="utf-8")
        (folder / "tables").mkdir()
        (folder / "tables" / "a.csv").write_text(text, encoding="utf-8")


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_appears_whole_with_a_list_of_its_files(tmp_path):
    write(tmp_path / "a" / "b" / "out", "first")
    out = tmp_path / "a" / "b" / "out"
    assert names(tmp_path / "a" / "b") == ["out", "out/results.json", "out/tables", "out/tables/a.csv"]
    assert json.loads((out / "results.json").read_text())["files"] == ["results.json", "tables/a.csv"]


def test_a_later_output_replaces_an_earlier_one(tmp_path):
    write(tmp_path / "out", "first")
    write(tmp_path / "out", "second")
    assert (tmp_path / "out" / "tables" / "a.csv").read_text() == "second"
    assert names(tmp_path) == ["out", "out/results.json", "out/tables", "out/tables/a.csv"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", "first")
    assert (tmp_path / "out" / "results.json").exists()


@pytest.mark.parametrize("error", [ValueError("in the middle"), KeyboardInterrupt()])
def test_after_an_error_nothing_new_remains_and_the_earlier_output_is_whole(tmp_path, error):
    write(tmp_path / "out", "first")
    before = names(tmp_path)

    def fail():
        with whole(tmp_path / "out") as folder:
            (folder / "results.json").write_text("{}")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert names(tmp_path) == before
    assert (tmp_path / "out" / "tables" / "a.csv").read_text() == "first"


def test_after_an_error_new_folders_above_go_too(tmp_path):
    def fail():
        with whole(tmp_path / "a" / "b" / "out"):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(tmp_path) == []


def test_a_full_disk_is_a_message(tmp_path):
    def fail():
        with whole(tmp_path / "out") as folder:
            (folder / "results.json").write_text("{}")
            raise OSError(28, "No space left on device")

    with pytest.raises(OptionError, match=r"can't be written \(No space left on device\)"):
        fail()
    assert names(tmp_path) == []


OTHERS = [None, "{}", '{"made_by": "someone else", "files": ["notes.txt"]}', "[", '["files"]']


@pytest.mark.parametrize("content", OTHERS)
def test_a_folder_of_someone_else_is_left_alone(tmp_path, content):
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    if content is not None:
        (out / "results.json").write_text(content)
    with pytest.raises(OptionError, match=r"files that mkb21sem did not write \(notes.txt"):
        write(out, "first")
    assert (out / "notes.txt").read_text() == "mine"
    assert names(tmp_path)[0] == "out"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_the_user_added_to_an_output_is_not_lost(tmp_path):
    write(tmp_path / "out", "first")
    (tmp_path / "out" / "tables" / "own.xlsx").write_text("mine")
    with pytest.raises(OptionError, match=r"tables/own.xlsx"):
        write(tmp_path / "out", "second")
    assert (tmp_path / "out" / "tables" / "a.csv").read_text() == "first"


def test_the_working_folder_a_file_and_a_folder_below_a_file_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    for out in (".", "..", "/", "file"):
        with pytest.raises(OptionError, match=r"--out"):
            replaceable(type(tmp_path)(out))
    with pytest.raises(OptionError, match=r"can't be written"):
        write(tmp_path / "file" / "out", "first")
    assert (tmp_path / "file").read_text() == "mine"
