"""`mkb21sem power`: how many respondents, and what those at hand can show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mkb21sem.commands.kept import Keep, checkpoint
from mkb21sem.commands.planned import Hypotheses, ModelName, PlanFile, say, specified
from mkb21sem.commands.record import record
from mkb21sem.commands.shell import (
    STOPPED,
    Book,
    Codes,
    Lang,
    Mapping,
    Out,
    guarded,
    missing_codes,
    parted,
    progress,
    the_wave,
)
from mkb21sem.report.terminal import console, grid

if TYPE_CHECKING:
    import pandas as pd

    from mkb21sem.parallel import Progress
    from mkb21sem.report.planning.study import Plan
    from mkb21sem.report.words import Words

EXAMPLE = "mkb21sem power --n 150,256,400 --draws 1000 --workers 2 --out power2014"
FIT = "fit"
MOST = 1_000_000
"""Samples that can be asked for, and respondents in each."""


@guarded
def power(
    file: Annotated[
        Path | None, typer.Argument(help="Wave file (.csv, .xlsx, .sav). Default: a synthetic one.")
    ] = None,
    model: ModelName = None,
    hypotheses: Hypotheses = None,
    population: Annotated[
        str,
        typer.Option(
            "--population",
            help="fit: the wave's standardised estimates; or a .csv with columns lhs, op, rhs, value.",
        ),
    ] = FIT,
    n: Annotated[
        str, typer.Option("--n", help="Numbers of respondents, parted by commas.")
    ] = "100,150,200,256,300,400",
    draws: Annotated[
        int, typer.Option("--draws", help="Samples to simulate at each n, fitted by MLR; 0: analytic power alone.")
    ] = 0,
    missing: Annotated[
        float | None, typer.Option("--missing", help="Share of answers missing in them. Default: as in the wave.")
    ] = None,
    cutoffs: Annotated[
        int, typer.Option("--cutoffs", help="Samples at each level of misfit for cut-offs of CFI, RMSEA, SRMR.")
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", help="Of the samples; the same seed gives the same numbers.")] = 1,
    plan: PlanFile = None,
    workers: Annotated[int, typer.Option("--workers", help="Local processes; they change no number.")] = 1,
    scheduler: Annotated[
        str, typer.Option("--scheduler", help="A Dask cluster, tcp://address:port, in place of local processes.")
    ] = "",
    lang: Annotated[Lang, typer.Option("--lang", help="Language of the report.")] = Lang.EN,
    keep: Keep = True,
    out: Out = Path("power"),
    codebook: Book = None,
    codes: Codes = None,
    mapping: Mapping = None,
) -> None:
    """Plan: power against N and required N of every hypothesis and of the test of fit, and what a sample can show."""
    asked = record()
    with progress() as step:
        step("load the program")
        from mkb21sem.report import outputs
        from mkb21sem.report.planning import page, study
        from mkb21sem.report.registered import Registered
        from mkb21sem.report.words import Words
        from mkb21sem.specify.deviations import deviations

        outputs.replaceable(out)
        settings = study.Settings(
            _sizes(n),
            _count("--draws", draws),
            missing,
            _count("--cutoffs", cutoffs),
            seed,
            workers,
            scheduler or "loky",
        )
        step("specify")
        of = specified(plan, model, hypotheses, None, None)
        step("survey")
        wave = the_wave(file, codebook, missing_codes(codes), mapping)
        values = None if population == FIT else _values(population)

        kept, now = checkpoint(out, keep, step), ""

        def tell(name: str, done: Progress) -> None:
            nonlocal now
            if name != now:
                step(name)
                now = name
            step.count(done)

        made = study.plan(wave, of.model, of.hypotheses, values, settings, step, tell, kept)
        if of.plan is not None:
            made = replace(made, held=Registered(of.plan, deviations(of.plan, of.model, of.hypotheses)))
        step("report")
        page.save(made, out, lang.value, asked)
        if kept is not None and not made.stopped:
            kept.clear()
    words = Words(lang.value, wave.codebook.label)
    _say(made, words, out)
    if made.held is not None:
        say(made.held.plan, made.held.deviations, words, console())
    if made.stopped:
        raise typer.Exit(STOPPED)


def _sizes(text: str) -> tuple[int, ...]:
    from mkb21sem.errors import OptionError

    try:
        sizes = tuple(int(each) for each in parted(text))
    except ValueError as error:
        raise OptionError(f"--n must be whole numbers parted by commas, like 150,256,400; got {text!r}.") from error
    if beyond := [size for size in sizes if size > MOST]:
        raise OptionError(f"--n: at most {MOST:,} respondents can be planned; got {beyond[0]}.")
    return sizes


def _count(option: str, value: int) -> int:
    from mkb21sem.errors import OptionError

    if not 0 <= value <= MOST:
        raise OptionError(f"{option} must be between 0 and {MOST:,}; got {value}.")
    return value


def _values(name: str) -> pd.DataFrame:
    """The population's values from a file.

    Raises
    ------
    OptionError
        There is no such file, or it is no table of values.
    """
    import pandas as pd

    from mkb21sem.errors import OptionError
    from mkb21sem.infer.planning.population import COLUMNS

    path = Path(name)
    if not path.is_file():
        raise OptionError(f"--population must be fit or a .csv file; `{name}` is neither.")
    try:
        table = pd.read_csv(path, comment="#", dtype=str, keep_default_na=False)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError, OSError) as error:
        raise OptionError(f"{path.name} can't be read as CSV in UTF-8: {error}.") from error
    if lacking := [column for column in COLUMNS if column not in table.columns]:
        raise OptionError(f"{path.name} has no column {', '.join(lacking)}; expected are {', '.join(COLUMNS)}.")
    numbers = pd.to_numeric(table["value"], errors="coerce")
    if numbers.isna().any():
        row = int(numbers.isna().to_numpy().argmax())
        given = table["value"].iloc[row]
        raise OptionError(f"{path.name}, row {row + 2}, column value: {given!r} is not a number. Use a decimal point.")
    return table.assign(value=numbers)


def _say(made: Plan, words: Words, out: Path) -> None:
    """What is required, what was stopped, and where the report is."""
    from mkb21sem.report.planning import page, tables

    shown = console()
    if made.wave.synthetic:
        shown.print(words.plain("banner"), style="bold yellow")
    every = tables.every_table(made, words)
    shown.print(grid(every["power_required"], words, ("id", "path", "power_sign", "std", "power_n80", "power_n90")))
    if "power_simulated" in every:
        shown.print(
            grid(every["power_simulated"], words, ("id", "power_analytic", "power_power", "power_family_power"))
        )
    if "power_cutoffs" in every:
        columns = ("power_level", "power_index", "power_cutoff", "power_value", "power_within")
        shown.print(grid(every["power_cutoffs"], words, columns))
    for line in page.stopped(made, words):
        shown.print(str(line.striptags()), style="bold red", markup=False)
    shown.print(f"Written to {out.resolve()}", markup=False, soft_wrap=True)
