"""The command line: `mkb21sem reproduce`, `survey`, `estimate`.

Exit codes: 0 done; 1 `survey` found problems; 2 it can't be done and the message says why; 3 the model did not
converge; 70 a fault of the program; 130 stopped by the user.
"""

# Commands import what they need when they run, so that --help and --version answer at once.

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import wraps
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from mkb21sem.errors import Mkb21Error, OptionError
from mkb21sem.report.terminal import console, grid, plain_grid, print_fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mkb21sem.specify.hypothesis import Hypothesis
    from mkb21sem.specify.model import Model
    from mkb21sem.survey.wave import Wave

PROBLEMS, IMPOSSIBLE, NOT_CONVERGED, FAULT, STOPPED = 1, 2, 3, 70, 130
WORTH_SAYING = 0.5
ISSUES = "the project's issue tracker"

app = typer.Typer(
    name="mkb21sem",
    help="Structural equation modelling of survey waves: from a wave file to judged hypotheses.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Command = TypeVar("Command", bound=Callable[..., Any])


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
        try:
            return command(*args, **options)
        except typer.Exit:
            raise
        except Mkb21Error as error:
            fail(str(error), IMPOSSIBLE)
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


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Show what is being done, and what took long, on stderr."""
    shown, begun = console(stderr=True), perf_counter()
    doing = "load"

    def done() -> None:
        if perf_counter() - begun > WORTH_SAYING:
            shown.print(f"  {doing} ({perf_counter() - begun:.1f} s)", style="dim")

    with shown.status("starting …") as status:

        def step(name: str) -> None:
            nonlocal doing, begun
            done()
            doing, begun = name, perf_counter()
            status.update(f"{name} …")

        yield step
        done()


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


def print_version(asked: bool) -> None:
    """Print the version and stop."""
    if asked:
        from mkb21sem import __version__

        console().print(f"mkb21sem {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Structural equation modelling of survey waves: from a wave file to judged hypotheses."""


Data = Annotated[Path | None, typer.Option("--data", help="Wave file (.csv, .xlsx, .sav). Default: a synthetic one.")]
Out = Annotated[Path, typer.Option("--out", help="Folder for the output; it appears whole or not at all.")]
Codes = Annotated[
    str | None, typer.Option("--missing-codes", help="Codes that mean no answer, parted by commas: -98,-99.")
]
Book = Annotated[
    Path | None, typer.Option("--codebook", help="Codebook of this wave (.csv, .xlsx). Default: MKB21 2012.")
]


@app.command(epilog="Example: mkb21sem reproduce --data wave.csv --lang nl --out report2012")
@guarded
def reproduce(
    data: Data = None,
    model: Annotated[str, typer.Option("--model", help="A shipped model's name, or a .sem file.")] = "mkb21",
    hypotheses: Annotated[
        str | None, typer.Option("--hypotheses", help="A shipped name, or a .toml file. Default: the model's own.")
    ] = None,
    out: Out = Path("out"),
    lang: Annotated[Lang, typer.Option("--lang", help="Language of the report.")] = Lang.EN,
    estimator: Annotated[
        str, typer.Option("--estimator", help="auto: what the answers ask for (MLR or WLSMV); or a name.")
    ] = "auto",
    missing: Annotated[
        str, typer.Option("--missing", help="auto: every answer counts; or listwise, fiml, pairwise.")
    ] = "auto",
    codebook: Book = None,
    codes: Codes = None,
) -> None:
    """Do everything: check the wave, fit the model, judge the hypotheses, draw, and write the report."""
    with progress() as step:
        step("load the program")
        from mkb21sem.report import outputs, tables
        from mkb21sem.report import reproduce as main_job
        from mkb21sem.report.words import Words
        from mkb21sem.specify.model import Model

        outputs.replaceable(out)
        step("specify")
        chosen = Model.read(model)
        claims = _hypotheses(hypotheses, model, chosen)
        step("survey")
        wave = _wave(data, codebook, missing_codes(codes))
        done = main_job.reproduce(wave, chosen, claims, out, lang.value, step, estimator=estimator, missing=missing)
    words = Words(lang.value, wave.codebook.label)
    shown = console()
    if wave.synthetic:
        shown.print(words.plain("banner"), style="bold yellow")
    if not done.found.converged:
        shown.print(words.plain("not_converged"), style="bold red")
        shown.print(words.plain("cause", cause=done.found.cause), markup=False)
    elif done.judged:
        shown.print(grid(tables.verdicts(done.judged, words), words, ("id", "path", "std", "p_adjusted", "verdict")))
    report = (out / "report.html").resolve()
    shown.print(f"{words.plain('report')}: {report}", markup=False, soft_wrap=True)
    if not done.found.converged:
        raise typer.Exit(NOT_CONVERGED)


def _wave(data: Path | None, codebook: Path | None, codes: tuple[float, ...]) -> Wave:
    from mkb21sem.survey.synthetic import synthetic_wave
    from mkb21sem.survey.wave import Wave

    if data is None:
        if codebook is not None or codes:
            raise OptionError("--codebook and --missing-codes describe a file; name it by --data.")
        return synthetic_wave()
    return Wave.read(data, codebook, codes)


def _hypotheses(given: str | None, name: str, model: Model) -> Sequence[Hypothesis]:
    """The hypotheses asked for; those of MKB21 for its shipped models; else one for each arrow."""
    from mkb21sem.specify.hypothesis import Hypothesis, for_model
    from mkb21sem.specify.model import shipped

    if given is not None:
        return Hypothesis.read(given, None if given in shipped(".toml") else model)
    ours = name in shipped(".sem") and name.startswith("mkb21")
    return Hypothesis.read("mkb21") if ours else for_model(model)


@app.command(epilog="Example: mkb21sem survey wave.sav --codebook codebook2014.xlsx --missing-codes 99")
@guarded
def survey(
    file: Annotated[Path, typer.Argument(help="Wave file: .csv, .xlsx or .sav.")],
    codebook: Book = None,
    codes: Codes = None,
) -> None:
    """Check a wave file: list every problem with its row and column, or what is to be known of the answers."""
    with progress() as step:
        step("load the program")
        from mkb21sem.survey.codebook import Codebook
        from mkb21sem.survey.wave import check

        questions = Codebook.read(codebook)
        step("survey")
        found = check(file, questions, missing_codes(codes))
    shown = console()
    if not found.ok:
        shown.print(f"{len(found.problems)} problem(s):", style="bold red")
        for problem in found.problems:
            shown.print(f"  {problem}", markup=False, soft_wrap=True)
    elif found.wave is not None:
        shown.print(str(found.wave), markup=False, style="bold", soft_wrap=True)
        shown.print(plain_grid("Respondents asked and answering", found.bases))
    remarks = found.remarks[found.remarks["kind"] != "base"] if len(found.remarks) else found.remarks
    if len(remarks):
        shown.print(plain_grid("Remarks", remarks))
    if not found.ok:
        raise typer.Exit(PROBLEMS)


@app.command(epilog="Example: mkb21sem estimate --model trust.sem --data answers.csv --missing-codes -99 --out trust")
@guarded
def estimate(
    model: Annotated[str, typer.Option("--model", help="A shipped model's name, or a .sem file.")],
    data: Annotated[Path, typer.Option("--data", help="Any table (.csv, .xlsx, .sav) with names in its first row.")],
    estimator: Annotated[str, typer.Option("--estimator", help="How to estimate.")] = "ML",
    codes: Codes = None,
    missing: Annotated[
        str, typer.Option("--missing", help="Missing answers: listwise, fiml (ML, MLR) or pairwise (ordinal).")
    ] = "listwise",
    group: Annotated[str | None, typer.Option("--group", help="Column that tells groups.")] = None,
    equal: Annotated[
        str, typer.Option("--equal", help="What is equal over groups, parted by commas: loadings,intercepts.")
    ] = "",
    free: Annotated[
        str, typer.Option("--free", help="Arrows exempt from that, parted by commas: 'visual=~x2,x3~1'.")
    ] = "",
    weights: Annotated[str | None, typer.Option("--weights", help="Column of sampling weights (ML, MLR).")] = None,
    ordered: Annotated[
        str, typer.Option("--ordered", help="Ordinal items, parted by commas; or all: every item that is no cause.")
    ] = "",
    parameterization: Annotated[
        str, typer.Option("--parameterization", help="Scale of ordinal items: delta or theta.")
    ] = "delta",
    std_lv: Annotated[
        bool, typer.Option("--std-lv/--no-std-lv", help="Constructs have variance 1 instead of a marker item.")
    ] = False,
    fixed_x: Annotated[
        bool, typer.Option("--fixed-x/--no-fixed-x", help="Take the moments of observed causes from the sample.")
    ] = True,
    meanstructure: Annotated[
        bool | None,
        typer.Option("--meanstructure/--no-meanstructure", help="Estimate means. Default: with groups and fiml."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for results.json and CSV files.")] = None,
) -> None:
    """Fit any model to any table, and print fit indices and estimates under lavaan's names."""
    with progress() as step:
        step("load the program")
        from mkb21sem.report import outputs, quick
        from mkb21sem.specify.model import Model
        from mkb21sem.survey.readers import read_table

        if out is not None:
            outputs.replaceable(out)
        step("specify")
        chosen = Model.read(model)
        step("survey")
        needed = [*chosen.observed, *([weights] if weights else [])]
        table = read_table(data, missing_codes(codes), needed=needed)
        step("estimate")
        done = quick.quick(
            chosen,
            table,
            estimator,
            missing=missing,
            group=group,
            equal=parted(equal),
            free=parted(free),
            weights=weights,
            ordered=True if ordered.strip() == "all" else parted(ordered) or None,
            parameterization=parameterization,
            std_lv=std_lv,
            fixed_x=fixed_x,
            meanstructure=meanstructure,
        )
        if out is not None:
            step("report")
            quick.save(done, out)
    print_fit(done)
    if out is not None:
        console().print(f"Written to {out.resolve()}", markup=False, soft_wrap=True)
    if not done.found.converged:
        raise typer.Exit(NOT_CONVERGED)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(STOPPED)


if __name__ == "__main__":
    main()
