"""A run that was killed goes on where it was, and ends with the bits of one that was not."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import joblib
import numpy as np
import pytest
from typer.testing import CliRunner

from mkb21sem import OptionError, cli, fit, synthetic_wave
from mkb21sem.checkpoint import Checkpoint, packed, surroundings, unpacked
from mkb21sem.infer.draws.bootstrap import _Chunk, bootstrap
from mkb21sem.infer.planning.power import power
from mkb21sem.infer.robustness.robustness import robustness
from mkb21sem.parallel import Chunk, chunks, replicate
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model


@dataclass(frozen=True)
class Draws:
    """Random numbers, with a note of every chunk that is done, and Ctrl-C in chunk `stop`."""

    factor: float
    log: Path
    stop: Path

    def __call__(self, chunk: Chunk) -> tuple[np.ndarray, str]:
        if self.stop.exists() and self.stop.read_text() == str(chunk.begin):
            raise KeyboardInterrupt
        with self.log.open("a") as file:
            file.write(f"{chunk.begin}\n")
        return self.factor * chunk.rng().standard_normal(chunk.size), "words"


@pytest.fixture
def job(tmp_path: Path) -> Draws:
    (tmp_path / "log").touch()
    return Draws(2.0, tmp_path / "log", tmp_path / "stop")


def kept(tmp_path: Path) -> tuple[Checkpoint, list[str]]:
    said: list[str] = []
    return Checkpoint(tmp_path / "kept", said.append), said


def begun(job: Draws) -> list[int]:
    return [int(line) for line in job.log.read_text().split()]


def same(one, other) -> bool:
    return all((a[0] == b[0]).all() and a[1] == b[1] for a, b in zip(one.found, other.found, strict=True))


def stopped_after_three(job: Draws, tmp_path: Path) -> None:
    job.stop.write_text("15")
    found = replicate(job, chunks(33, 5, 7), checkpoint=kept(tmp_path)[0])
    assert found.stopped
    assert found.done == 15
    job.stop.unlink()


@pytest.mark.parametrize("workers", [1, 2])
def test_only_the_rest_is_done_after_a_stop(job: Draws, tmp_path: Path, workers: int) -> None:
    stopped_after_three(job, tmp_path)
    again, said = kept(tmp_path)
    seen = []
    found = replicate(job, chunks(33, 5, 7), workers=workers, progress=seen.append, checkpoint=again)
    assert same(found, replicate(job, chunks(33, 5, 7)))
    assert sorted(begun(job)[:7]) == [0, 5, 10, 15, 20, 25, 30]
    assert "Going on from 15 of 33" in said[0]
    assert [one.done for one in seen][-1] == 33
    assert seen[0].done == 20
    again.clear()
    assert not (tmp_path / "kept").exists()


def test_more_draws_go_on_from_fewer(job: Draws, tmp_path: Path) -> None:
    replicate(job, chunks(30, 5, 7), checkpoint=kept(tmp_path)[0])
    replicate(job, chunks(40, 5, 7), checkpoint=kept(tmp_path)[0])
    assert begun(job) == [0, 5, 10, 15, 20, 25, 30, 35]


def test_another_seed_takes_nothing_over(job: Draws, tmp_path: Path) -> None:
    replicate(job, chunks(10, 5, 7), checkpoint=kept(tmp_path)[0])
    found = replicate(job, chunks(10, 5, 8), checkpoint=kept(tmp_path)[0])
    assert same(found, replicate(job, chunks(10, 5, 8)))


def test_another_run_is_not_used_and_that_is_said(job: Draws, tmp_path: Path) -> None:
    stopped_after_three(job, tmp_path)
    other = Draws(3.0, job.log, job.stop)
    again, said = kept(tmp_path)
    assert same(replicate(other, chunks(33, 5, 7), checkpoint=again), replicate(other, chunks(33, 5, 7)))
    assert len(said) == 1
    assert "another run (test_checkpoint, 3 pieces, version" in said[0]
    assert "remove the folder" in said[0]
    again.clear()
    assert len(list((tmp_path / "kept").iterdir())) == 1, "the other run's files stay"


@pytest.mark.parametrize("text", ["", "[1]", '{"stage": "x"}', "\xff"])
def test_another_run_of_which_the_note_is_broken_is_still_said(job: Draws, tmp_path: Path, text: str) -> None:
    stopped_after_three(job, tmp_path)
    next((tmp_path / "kept").glob("*/about.json")).write_text(text, encoding="latin-1")
    again, said = kept(tmp_path)
    replicate(Draws(3.0, job.log, job.stop), chunks(33, 5, 7), checkpoint=again)
    assert "holds finished work of another run (of unknown kind), which is not used" in said[0]


def test_who_gives_no_place_for_messages_is_warned(job: Draws, tmp_path: Path) -> None:
    stopped_after_three(job, tmp_path)
    with pytest.warns(UserWarning, match="Going on from 15 of 33 that were finished before"):
        replicate(job, chunks(33, 5, 7), checkpoint=Checkpoint(tmp_path / "kept"))


def test_a_program_that_runs_without_being_installed_says_so(job: Draws, tmp_path: Path, monkeypatch) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("mkb21sem.checkpoint.version", absent)
    surroundings.cache_clear()
    try:
        replicate(job, chunks(5, 5, 7), checkpoint=kept(tmp_path)[0])
        assert surroundings()[-1] == "joblib not installed as a package"
    finally:
        surroundings.cache_clear()
    told = json.loads(next((tmp_path / "kept").glob("*/about.json")).read_text(encoding="utf-8"))
    assert told == {"stage": "test_checkpoint", "program": "not installed as a package"}


def test_another_version_of_the_program_is_another_run(job: Draws, tmp_path: Path, monkeypatch) -> None:
    stopped_after_three(job, tmp_path)
    monkeypatch.setattr("mkb21sem.checkpoint.surroundings", lambda: ("another text",))
    again, said = kept(tmp_path)
    replicate(job, chunks(33, 5, 7), checkpoint=again)
    assert "another run" in said[0]
    assert len(begun(job)) == 3 + 7


class Command:
    """What runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.mark}",)


def broken(kind: str, path: Path, mark: Path) -> None:
    whole = path.read_bytes()
    changed = bytearray(whole)
    changed[-5] ^= 1
    held = pickle.dumps(Command(mark))
    path.write_bytes(
        {
            "empty": b"",
            "cut off": whole[:-3],
            "one bit": bytes(changed),
            "other": b"PK\x03\x04" * 50,
            "command": whole[:16] + hashlib.sha256(held).digest() + held,
            "no pickle": whole[:16] + hashlib.sha256(b"junk").digest() + b"junk",
        }[kind]
    )


@pytest.mark.parametrize("kind", ["empty", "cut off", "one bit", "other", "command", "no pickle"])
def test_a_broken_file_is_made_again(job: Draws, tmp_path: Path, kind: str) -> None:
    stopped_after_three(job, tmp_path)
    files = sorted((tmp_path / "kept").glob("*/*.part"))
    assert len(files) == 3
    for path in files:
        broken(kind, path, tmp_path / "mark")
    found = replicate(job, chunks(33, 5, 7), checkpoint=kept(tmp_path)[0])
    assert same(found, replicate(job, chunks(33, 5, 7)))
    assert len(begun(job)) == 3 + 7 + 7
    assert not (tmp_path / "mark").exists(), "a command in a file was run"


def test_nothing_but_arrays_words_and_our_records_is_read() -> None:
    outcome = ({"a": np.float64(0.1), "b": [None, True, "é"]}, np.array(["x", ""]), np.array([np.nan, -0.0]))
    back = unpacked(packed(outcome))
    assert back[0] == outcome[0]
    assert back[2].tobytes() == outcome[2].tobytes()
    with pytest.raises(ValueError, match="nothing that such a file may hold"):
        unpacked(packed(subprocess.Popen))
    with pytest.raises(ValueError, match=r"mkb21sem\.checkpoint\.packed is nothing that such a file may hold"):
        unpacked(packed(packed))  # a function of this program is no record


def test_a_full_disk_is_said_once_and_does_not_end_the_run(job: Draws, tmp_path: Path, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mkb21sem.checkpoint.os.replace", full)
    again, said = kept(tmp_path)
    assert same(replicate(job, chunks(33, 5, 7), checkpoint=again), replicate(job, chunks(33, 5, 7)))
    assert len(said) == 1
    assert "No space left on device" in said[0]
    assert not list((tmp_path / "kept").glob("*/*.part"))
    assert len(list((tmp_path / "kept").glob("*/.*"))) == 0, "unfinished files stay behind"


def test_a_place_that_cannot_be_written_is_said_before_anything_is_computed(job: Draws, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file")
    with pytest.raises(OptionError, match=r"can't be kept there.*--no-checkpoint"):
        replicate(job, chunks(33, 5, 7), checkpoint=kept(tmp_path)[0])
    assert begun(job) == []


def outcome_of(checkpoint: Checkpoint | None, kind: str) -> object:
    wave = synthetic_wave()
    model = Model.read("mkb21_stated")
    claims = Hypothesis.read("mkb21")[:3]
    if kind == "robustness":
        found = robustness(model, wave, claims, crossed=False, checkpoint=checkpoint)
        return [frame.to_csv() for frame in (found.specifications, found.verdicts, found.survival)]
    if kind == "power":
        return power(
            model, fit(model, wave), [60, 80], hypotheses=claims, draws=80, checkpoint=checkpoint
        ).table.to_csv()
    return bootstrap(fit(model, wave), 200, workers=1, checkpoint=checkpoint).cells.tobytes()


@pytest.mark.parametrize("kind", ["robustness", "power", "bootstrap"])
def test_what_is_read_back_is_what_was_made(kind: str, tmp_path: Path) -> None:
    plain = outcome_of(None, kind)
    checkpoint, _ = kept(tmp_path)
    assert outcome_of(checkpoint, kind) == plain
    files = sorted((tmp_path / "kept").glob("*/*.part"))
    assert len(files) >= 2
    files[0].unlink()
    again, said = kept(tmp_path)
    assert outcome_of(again, kind) == plain
    assert said
    assert all("Going on from" in line for line in said)


def test_nothing_of_a_single_respondent_is_kept(tmp_path: Path) -> None:
    """Estimates of draws of all rows only: none without one row."""
    checkpoint, _ = kept(tmp_path)
    bootstrap(fit(Model.read("mkb21_stated"), synthetic_wave()), 200, workers=1, checkpoint=checkpoint)
    held = [unpacked(path.read_bytes()) for path in (tmp_path / "kept").glob("*/*.part")]
    assert all(isinstance(one, _Chunk) for one in held)
    assert sorted(len(one.made.theta) for one in held) == [72, 128]
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0


KILLED = """
import sys, time
from mkb21sem import fit, synthetic_wave
from mkb21sem.checkpoint import Checkpoint
from mkb21sem.infer.draws.bootstrap import bootstrap
from mkb21sem.specify.model import Model
import numpy as np
folder, workers, out = sys.argv[1:]
found = fit(Model.read("mkb21_stated"), synthetic_wave(), "MLR")
options = {"checkpoint": Checkpoint(folder, print), "progress": lambda _: time.sleep(0.03)}
made = bootstrap(found, 1280, workers=int(workers), **options)
np.savez(out, cells=made.cells, jackknife=made.jackknife, theta=made.theta)
"""


def parts(folder: Path) -> int:
    return len(list(folder.glob("*/*.part")))


def killed(folder: Path, workers: int, after: float, out: Path) -> bool:
    """Start the run and kill it so many seconds after its first finished chunk; False if it ended before."""
    before = parts(folder)
    command = [sys.executable, "-c", KILLED, str(folder), str(workers), str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    until = time.monotonic() + 60
    while parts(folder) == before and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(after)
    alive = process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return alive


def test_kill_9_at_random_moments(tmp_path: Path) -> None:
    """Once in one process, once with two, each with an order of its own in sets and dictionaries; then to the end."""
    rng = random.Random(9)
    assert all(killed(tmp_path / "kept", workers, rng.uniform(0, 0.1), tmp_path / "no.npz") for workers in (1, 2))
    held = parts(tmp_path / "kept")
    assert 0 < held < 10
    found = fit(Model.read("mkb21_stated"), synthetic_wave(), "MLR")
    checkpoint, said = kept(tmp_path)
    made = bootstrap(found, 1280, workers=1, checkpoint=checkpoint)
    assert "Going on from" in said[0]
    plain = bootstrap(found, 1280, workers=1)
    for name in ("cells", "theta", "jackknife", "improper"):
        assert getattr(made, name).tobytes() == getattr(plain, name).tobytes(), name


def test_the_commands_keep_and_clear(tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked = ["infer", "--model", "mkb21_stated", "--draws", "200", "--intervals", "percentile", "--out", str(out)]
    place = tmp_path / "out.progress"
    place.write_text("a file of the user")
    done = CliRunner().invoke(cli.app, [*asked, "--no-robustness"])
    assert done.exit_code == 2
    assert "can't be kept there" in " ".join(done.output.split())
    place.unlink()
    assert CliRunner().invoke(cli.app, [*asked, "--no-robustness"]).exit_code == 0
    assert not place.exists()
    assert joblib.hash((out / "results.json").read_bytes())
