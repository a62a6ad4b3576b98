"""One hostile input, what is expected of the program, and what it made of it."""

from __future__ import annotations

import os
import re
import tempfile
import traceback
import warnings
from collections.abc import Callable, Mapping
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from mkb21sem.errors import Mkb21Error

RIGHT, REFUSED, EITHER = "right", "refused", "either"
"""What is expected: a right result, a refusal, or one of the two (a random change may leave the input good)."""

TRACEBACK, SILENT, HARSH, VAGUE, HALF, HANG = "traceback", "silent", "harsh", "vague", "half-written", "hang"
"""What may not happen: a fault of the program; a wrong input or number that passes; good input refused; a message
without a place or remedy; an output that is not whole; no end within the limit."""
GOOD = (RIGHT, REFUSED)
LIMIT = 60.0
"""Seconds of processor time after which a case hangs."""

Act = Callable[[], Any]
Wrong = Callable[[Any], str]


def never(_: Any) -> str:
    """Nothing is looked at in what came out."""
    return ""


@dataclass(frozen=True, slots=True)
class Case:
    """One input.

    Parameters
    ----------
    kind, number
        With these two the same case is made again.
    what
        What was done to a good input.
    expects
        RIGHT, REFUSED or EITHER.
    act
        What the user does, in a folder with `files`.
    files
        Content by name.
    wrong
        What came out if nothing was refused → what is wrong with it; "" for nothing.
    says
        Of these at least one must stand in a refusal; default: the name of a file.
    makes
        Files and folders that a success may leave.
    """

    kind: str
    number: int
    what: str
    expects: str
    act: Act
    files: Mapping[str, bytes] = field(default_factory=dict)
    wrong: Wrong = never
    says: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the program made of a case; `verdict` is one of the words above."""

    kind: str
    number: int
    what: str
    expects: str
    verdict: str
    said: str
    seconds: float

    @property
    def good(self) -> bool:
        return self.verdict in GOOD


class RefusalError(Exception):
    """The command line refused: its message and exit code."""


class FaultError(Exception):
    """The command line met a fault of the program, or ended with a code that it doesn't have."""


def rng_of(kind: str, number: int, seed: int = 2012) -> np.random.Generator:
    """The generator of one case: the same for the same three, whatever else is run."""
    return np.random.default_rng([seed, number, *kind.encode()])


def command(*arguments: object) -> Act:
    """What a user types, run in this process; a refusal or a fault is raised."""

    def act() -> Any:
        from typer.testing import CliRunner

        from mkb21sem.cli import app

        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if done.exit_code in (1, 2):
            if done.exception is not None and not isinstance(done.exception, SystemExit):
                raise FaultError("".join(traceback.format_exception(done.exception)))
            raise RefusalError(done.output)
        if done.exit_code not in (0, 3):
            raise FaultError(f"exit code {done.exit_code}: {done.output}")
        return done.output

    return act


def judged(case: Case) -> Outcome:
    """Run a case in an empty folder, and say what the program made of it."""
    begun = process_time()
    with tempfile.TemporaryDirectory(prefix="hostile") as folder, chdir(folder):
        for name, content in case.files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(content)
        before = _standing()
        verdict, said = _tried(case)
        if verdict in GOOD:
            verdict, said = _left(case, verdict, said, before)
    seconds = process_time() - begun
    if seconds > LIMIT:
        verdict = HANG
    return Outcome(case.kind, case.number, case.what, case.expects, verdict, said[-4000:], seconds)


def _tried(case: Case) -> tuple[str, str]:
    with warnings.catch_warnings():
        warnings.filterwarnings("error", category=RuntimeWarning, module="mkb21sem")
        try:
            found = case.act()
        except (Mkb21Error, RefusalError) as error:
            return _refused(case, str(error))
        except FaultError as error:
            return TRACEBACK, str(error)
        except Exception:
            return TRACEBACK, traceback.format_exc()
    if case.expects == REFUSED:
        return SILENT, "accepted, though it is wrong"
    fault = case.wrong(found)
    return (SILENT, fault) if fault else (RIGHT, "")


def _refused(case: Case, said: str) -> tuple[str, str]:
    if case.expects == RIGHT:
        return HARSH, said
    flat = re.sub(r"\s+", " ", re.sub(r"[│╭╮╰╯─]", " ", said))
    places = case.says or tuple(case.files)
    unclear = len(flat) < 25 or " object at 0x" in flat or "Traceback" in flat
    if unclear or (places and not any(place in flat for place in places)):
        return VAGUE, said
    return REFUSED, said


def _left(case: Case, verdict: str, said: str, before: frozenset[str]) -> tuple[str, str]:
    """Nothing new after a refusal; after a success only what was asked for, and nothing hidden."""
    new = _standing() - before
    allowed = case.makes if verdict == RIGHT else ()
    odd = sorted(name for name in new if name.split(os.sep)[0] not in allowed)
    return (HALF, f"left behind: {', '.join(odd[:5])}") if odd else (verdict, said)


def _standing() -> frozenset[str]:
    return frozenset(path.as_posix() for path in Path().rglob("*"))
