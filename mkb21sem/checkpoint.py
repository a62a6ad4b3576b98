"""Finished replicates on disk, so that a run that was killed goes on where it was, and ends with the same bits.

Every piece of work has a file of its own, which appears whole or not at all. Files stand in a folder named for
everything that decides the numbers: the work itself with model, answers and options, the program's own text, and the
versions below it. Whatever differs in one of these is another run, whose files are never read.

There are no respondents' rows in it, and nothing that leaves out one respondent. Still, who has the seed as well as
the estimates of many draws can work back to answers: the folder is readable for its owner only, it is deleted when the
output is complete, and it is not meant to be shared.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import platform
import shutil
import uuid
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, is_dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import joblib

from mkb21sem.errors import OptionError

ENDING, ABOUT = ".part", "about.json"
_MARK = b"mkb21sem part 1\n"
_ARRAYS = {"ndarray", "dtype", "_reconstruct", "scalar", "_frombuffer"}
_DECIDE = ("*.py", "survey/**/*.py", "specify/**/*.py", "estimate/**/*.py", "validate/**/*.py", "infer/**/*.py")
"""Which of the program's text can change a number; how it is shown cannot."""
_BELOW = ("mkb21sem", "numpy", "scipy", "pandas", "joblib")


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=2)


@dataclass(slots=True, eq=False)
class Checkpoint:
    """A folder that holds what is finished of a run.

    Attributes
    ----------
    folder
        Made when the first piece is finished; may hold several runs.
    say
        Told in a sentence what is gone on from, what is not used, and what can't be kept. Default: a warning.
    """

    folder: Path
    say: Callable[[str], object] = _warn
    stages: list[Stage] = field(default_factory=list)
    """What was opened so far; the function that computes does this."""

    def __post_init__(self) -> None:
        self.folder = Path(self.folder)

    def stage(self, job: object, work: Sequence[object]) -> Stage:
        """The files of one job and its pieces of work.

        Raises
        ------
        OptionError
            The folder can't be made.
        """
        label = str(job.__module__).rsplit(".", 1)[-1]
        key = joblib.hash((surroundings(), job), hash_name="sha1")
        place = self.folder / f"{label}-{key}"
        if not self.stages:
            self._others(place)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.mkdir(mode=0o700, exist_ok=True)
            (place / ABOUT).write_text(
                json.dumps({"stage": label, "program": _installed("mkb21sem")}), encoding="utf-8"
            )
        except OSError as error:
            raise OptionError(
                f"{self.folder}: what is finished can't be kept there ({error.strerror or error}). Name a place that "
                "you may write in, or keep nothing (--no-checkpoint)."
            ) from error
        names = [f"{joblib.hash(piece, hash_name='sha1')}{ENDING}" for piece in work]
        opened = Stage(place, names, self.say)
        self.stages.append(opened)
        return opened

    def _others(self, own: Path) -> None:
        """Say of a folder with other runs only that they are not used."""
        there = [path for path in _stages(self.folder) if path != own]
        if own.exists() or not there:
            return
        told = sorted({_about(path) for path in there})
        self.say(
            f"{self.folder} holds finished work of another run ({'; '.join(told)}), which is not used: its answers, "
            "model, options or versions are not those of this run. Give that run's command to go on with it, or remove "
            "the folder."
        )

    def clear(self) -> None:
        """Delete what this run kept; to be called when its output is complete. Other runs' files stay."""
        for stage in self.stages:
            shutil.rmtree(stage.folder, ignore_errors=True)
        self.stages.clear()
        with suppress(OSError):
            self.folder.rmdir()


@dataclass(slots=True, eq=False)
class Stage:
    """The files of one job.

    Attributes
    ----------
    folder
        Where they stand.
    names
        One a piece of work.
    say
        As in `Checkpoint`.
    """

    folder: Path
    names: Sequence[str]
    say: Callable[[str], object]
    broken: bool = False
    """Whether storing failed once: it is said once."""

    def finished(self) -> dict[int, Any]:
        """Number and outcome of every piece whose file is whole; other files are as good as absent."""
        found = {}
        for place, name in enumerate(self.names):
            with suppress(OSError, ValueError):
                found[place] = unpacked((self.folder / name).read_bytes())
        return found

    def store(self, place: int, outcome: object) -> None:
        """Keep the outcome of a piece. A full disk is said once, and does not end the run."""
        target = self.folder / self.names[place]
        unfinished = target.with_name(f".{uuid.uuid4().hex}")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished.write_bytes(packed(outcome))
            os.replace(unfinished, target)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            if not self.broken:
                why = error.strerror or error
                self.say(f"{self.folder.parent}: what is finished can't be kept ({why}); the run goes on without.")
            self.broken = True


def packed(outcome: object) -> bytes:
    """An outcome as bytes that tell whether they are whole."""
    held = pickle.dumps(outcome, protocol=5)
    return _MARK + hashlib.sha256(held).digest() + held


def unpacked(content: bytes) -> Any:
    """The outcome in these bytes.

    Raises
    ------
    ValueError
        They are cut off, changed, or hold something else than numbers, words and this program's records.
    """
    start = len(_MARK) + hashlib.sha256().digest_size
    held = content[start:]
    if content[: len(_MARK)] != _MARK or hashlib.sha256(held).digest() != content[len(_MARK) : start]:
        raise ValueError("the file is not whole")
    try:
        return _Reader(io.BytesIO(held)).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, TypeError, KeyError) as error:
        raise ValueError(f"the file can't be read ({error})") from error


class _Reader(pickle.Unpickler):
    """Reads arrays and this program's records; a file that names anything else, such as a command, is refused."""

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] == "numpy" and name in _ARRAYS:
            return super().find_class(module, name)
        if module.startswith("mkb21sem."):
            found = getattr(import_module(module), name, None)
            if isinstance(found, type) and is_dataclass(found):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is nothing that such a file may hold")


@cache
def surroundings() -> tuple[str, ...]:
    """Everything but the work that decides the numbers: this program's text, versions, and the kind of processor."""
    own = hashlib.sha256()
    package = Path(__file__).parent
    for path in sorted({path for pattern in _DECIDE for path in package.glob(pattern)}):
        own.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return (
        own.hexdigest(),
        platform.python_version(),
        platform.system(),
        platform.machine(),
        *(f"{name} {_installed(name)}" for name in _BELOW),
    )


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed as a package"


def _stages(folder: Path) -> list[Path]:
    """Folders of work that stand in a checkpoint's folder."""
    return sorted(path.parent for path in folder.glob(f"*-*/{ABOUT}"))


def _about(stage: Path) -> str:
    """Which work, how many pieces of it, and by which version."""
    try:
        told = json.loads((stage / ABOUT).read_text(encoding="utf-8"))
        name, program = str(told["stage"]), str(told["program"])
    except (OSError, ValueError, KeyError, TypeError):
        return "of unknown kind"
    return f"{name}, {len(list(stage.glob(f'*{ENDING}')))} pieces, version {program}"
