"""What every command shares: its options, its progress, and how it ends.

Exit codes: 0 done; 1 `survey` found problems; 2 it can't be done and the message says why; 3 the model did not
converge; 70 a fault of the program; 130 stopped by the user.
"""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import wraps
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar, get_args, get_type_hints

import typer
from typer.models import OptionInfo

from mkb21sem.errors import Mkb21Error, OptionError
from mkb21sem.report.terminal import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.status import Status

    from mkb21sem.parallel import Progress
    from mkb21sem.specify.hypothesis import Hypothesis
    from mkb21sem.specify.model import Model
    from mkb21sem.survey.wave import Wave

PROBLEMS, IMPOSSIBLE, NOT_CONVERGED, FAULT, STOPPED = 1, 2, 3, 70, 130
WORTH_SAYING = 0.5
ISSUES = "the project's issue tracker"

Command = TypeVar("Command", bound=Callable[..., Any])
ASKED: ContextVar[tuple[Callable[..., Any], dict[str, Any]]] = ContextVar("ASKED")
"""The command that is running, and its options."""


class Lang(StrEnum):
    """Language of the report."""

    EN = "en"
    NL = "nl"


def fail(message: str, code: int) -> NoReturn:
    """Print a message as it is, and stop."""
    console(stderr=True).print(message, markup=False, style="red" if code != STOPPED else None)
    raise typer.Exit(code)


def guarded(command: Command) -> Command:
    """Turn errors into a message and an exit code, never into a traceback."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        ASKED.set((command, options))
        try:
            return command(*args, **options)
        except typer.Exit:
            raise
        except Mkb21Error as error:
            fail(as_typed(str(error), command), IMPOSSIBLE)
        except KeyboardInterrupt:
            fail("Stopped. Nothing was written.", STOPPED)
        except Exception as error:
            if os.environ.get("MKB21SEM_TRACEBACK") == "1":
                traceback.print_exc()
            fail(
                f"This should not have happened ({type(error).__name__}: {error}). Nothing was written. Please report "
                f"it at {ISSUES}, with the command and, if you can, the output of MKB21SEM_TRACEBACK=1.",
                FAULT,
            )

    return run  # type: ignore[return-value]


def as_typed(message: str, command: Callable[..., Any]) -> str:
    """Call an argument that a message begins with by the name of its option: draws is typed as --draws."""
    first = re.match(r"(\w+)(?=: | must |=)", message)
    marks = get_args(get_type_hints(command, include_extras=True).get(first[1])) if first else ()
    # Under Annotated typer holds the first name of an option as its default.
    names = [
        name for mark in marks if isinstance(mark, OptionInfo) for name in (mark.default, *(mark.param_decls or ()))
    ]
    typed = [name for name in names if str(name).startswith("--")]
    return f"{typed[0]}{message[len(first[1]) :]}" if first and typed else message


class Steps:
    """What is being done, shown on stderr; call it with the name of each step as it begins."""

    def __init__(self, status: Status, shown: Console) -> None:
        self.status, self.shown = status, shown
        self.doing, self.begun = "load", perf_counter()

    def __call__(self, name: str) -> None:
        """Begin a step."""
        self.done()
        self.doing, self.begun = name, perf_counter()
        self.status.update(f"{name} …")

    def count(self, of: Progress) -> None:
        """How far the replicates of this step are, and how long they will take."""
        minutes, seconds = divmod(round(of.left), 60)
        left = f"{minutes}:{seconds:02d} left" if of.done < of.asked else "done"
        self.status.update(f"{self.doing}: {of.done:,} of {of.asked:,}, {left} (Ctrl-C stops it)")

    def say(self, sentence: str) -> None:
        """Say something that stays to be read."""
        self.shown.print(sentence, markup=False, style="yellow", soft_wrap=True)

    def done(self) -> None:
        """Say of the step that ends how long it took, if it was long."""
        if perf_counter() - self.begun > WORTH_SAYING:
            self.shown.print(f"  {self.doing} ({perf_counter() - self.begun:.1f} s)", style="dim")


@contextmanager
def progress() -> Iterator[Steps]:
    """Show what is being done, and what took long, on stderr."""
    shown = console(stderr=True)
    with shown.status("starting …") as status:
        steps = Steps(status, shown)
        yield steps
        steps.done()


def missing_codes(text: str | None) -> tuple[float, ...]:
    """Read codes given as -99 or -98,-99.

    Raises
    ------
    OptionError
        They are no numbers.
    """
    try:
        return tuple(float(code) for code in (text or "").replace(";", ",").split(",") if code.strip())
    except ValueError as error:
        raise OptionError(f"--missing-codes must be numbers parted by commas, like -98,-99; got {text!r}.") from error


def parted(text: str) -> tuple[str, ...]:
    """Names parted by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


Data = Annotated[Path | None, typer.Option("--data", help="Wave file (.csv, .xlsx, .sav). Default: a synthetic one.")]
Out = Annotated[Path, typer.Option("--out", help="Folder for the output; it appears whole or not at all.")]
Codes = Annotated[
    str | None, typer.Option("--missing-codes", help="Codes that mean no answer, parted by commas: -98,-99.")
]
Book = Annotated[
    Path | None, typer.Option("--codebook", help="Codebook of this wave (.csv, .xlsx). Default: MKB21 2012.")
]

Mapping = Annotated[
    Path | None,
    typer.Option("--mapping", help="File that says which column is which question (see `mkb21sem mapping`)."),
]


def the_wave(data: Path | None, codebook: Path | None, codes: tuple[float, ...], mapping: Path | None = None) -> Wave:
    """The wave asked for; without a file the synthetic one."""
    from mkb21sem.survey.synthetic import synthetic_wave
    from mkb21sem.survey.wave import Wave

    if data is None:
        if codebook is not None or codes or mapping is not None:
            raise OptionError("--codebook, --mapping and --missing-codes describe a file; name it by --data.")
        return synthetic_wave()
    return Wave.read(data, codebook, codes, mapping=mapping)


def the_hypotheses(given: str | None, name: str, model: Model) -> Sequence[Hypothesis]:
    """The hypotheses asked for; those of MKB21 for its shipped models; else one for each arrow."""
    from mkb21sem.specify.hypothesis import Hypothesis, for_model
    from mkb21sem.specify.model import shipped

    if given is not None:
        return Hypothesis.read(given, None if given in shipped(".toml") else model)
    return Hypothesis.read("mkb21") if ours(name) else for_model(model)


def the_zeros(given: str | None, name: str, model: Model) -> tuple[Hypothesis, ...]:
    """The registered zeros of the hypothesis file that is used."""
    from mkb21sem.specify.hypothesis import Hypothesis
    from mkb21sem.specify.model import shipped

    if given is not None:
        return Hypothesis.read_zeros(given, None if given in shipped(".toml") else model)
    return Hypothesis.read_zeros("mkb21") if ours(name) else ()


def the_items(given: str | None, name: str) -> Model | None:
    """The model on single items: the one asked for, or that of the default model."""
    from mkb21sem.specify.model import Model

    chosen = given or ("mkb21_items" if name == "mkb21" else None)
    return None if chosen is None else Model.read(chosen)


def ours(name: str) -> bool:
    """Whether it is a shipped model of MKB21, whose hypotheses are shipped as well."""
    from mkb21sem.specify.model import shipped

    return name in shipped(".sem") and name.startswith("mkb21")
