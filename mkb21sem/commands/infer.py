"""`mkb21sem infer`: hypothesis tests that can be published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mkb21sem.commands.kept import Keep, checkpoint
from mkb21sem.commands.planned import (
    Draws,
    Estimator,
    Hypotheses,
    Intervals,
    Missing,
    ModelName,
    PlanFile,
    Seed,
    sampled,
    say,
    specified,
)
from mkb21sem.commands.record import record
from mkb21sem.commands.shell import (
    NOT_CONVERGED,
    Book,
    Codes,
    Lang,
    Mapping,
    Out,
    guarded,
    missing_codes,
    progress,
    the_wave,
)
from mkb21sem.report.terminal import console, grid

if TYPE_CHECKING:
    from mkb21sem.report.inference.inference import Inference
    from mkb21sem.report.words import Words

EXAMPLE = "mkb21sem infer wave.sav --draws 5000 --intervals bca --workers 2 --out inference2012"


@guarded
def infer(
    file: Annotated[
        Path | None, typer.Argument(help="Wave file (.csv, .xlsx, .sav). Default: a synthetic one.")
    ] = None,
    model: ModelName = None,
    hypotheses: Hypotheses = None,
    estimator: Estimator = None,
    missing: Missing = None,
    draws: Draws = None,
    intervals: Intervals = None,
    seed: Seed = None,
    plan: PlanFile = None,
    workers: Annotated[int, typer.Option("--workers", help="Local processes; they change no number.")] = 1,
    scheduler: Annotated[
        str, typer.Option("--scheduler", help="A Dask cluster, tcp://address:port, in place of local processes.")
    ] = "",
    robustness: Annotated[
        bool, typer.Option("--robustness/--no-robustness", help="Judge again under every other defensible choice.")
    ] = True,
    items: Annotated[
        str | None,
        typer.Option("--items", help="The model on single items, for that comparison. Default: that of mkb21."),
    ] = None,
    weights: Annotated[
        str | None, typer.Option("--weights", help="Question that holds sampling weights, for that comparison.")
    ] = None,
    lang: Annotated[Lang, typer.Option("--lang", help="Language of the report.")] = Lang.EN,
    keep: Keep = True,
    out: Out = Path("inference"),
    codebook: Book = None,
    codes: Codes = None,
    mapping: Mapping = None,
) -> None:
    """Judge hypotheses: tests with multiplicity control, equivalence, sizes, registered zeros, and what survives."""
    asked = record()
    with progress() as step:
        step("load the program")
        from mkb21sem.report import outputs
        from mkb21sem.report.inference import inference, inference_page
        from mkb21sem.report.words import Words

        outputs.replaceable(out)
        step("specify")
        of = specified(plan, model, hypotheses, estimator, missing)
        how = inference.Sampling.asked(*sampled(of.plan, intervals, draws, seed), workers, scheduler or "loky")
        step("survey")
        wave = the_wave(file, codebook, missing_codes(codes), mapping)
        kept = checkpoint(out, keep, step)
        done = inference.infer(
            wave,
            of.model,
            of.hypotheses,
            of.zeros,
            estimator=of.estimator,
            missing=of.missing,
            sampling=how,
            robust=robustness,
            items=of.items(items),
            weights=weights,
            step=step,
            checkpoint=kept,
            plan=of.plan,
        )
        step("report")
        inference_page.save(done, out, lang.value, asked)
        if kept is not None and not done.stopped:
            kept.clear()
    _say(done, Words(lang.value, wave.codebook.label), out)
    if not done.found.converged:
        raise typer.Exit(NOT_CONVERGED)


def _say(done: Inference, words: Words, out: Path) -> None:
    """The verdicts, what they rest on, and where the report is."""
    from mkb21sem.report import judged
    from mkb21sem.report.inference import inference_page, inference_tables

    shown = console()
    if done.wave.synthetic:
        shown.print(words.plain("banner"), style="bold yellow")
    if not done.found.converged:
        shown.print(words.plain("not_converged"), style="bold red")
        shown.print(words.plain("cause", cause=done.found.cause), markup=False)
    else:
        table = judged.verdicts(done.judged, words)
        shown.print(grid(table, words, ("id", "path", "std", "p_adjusted", "p_equivalence_adjusted", "verdict")))
        made = inference_tables.every_table(done, words)
        if "zeros" in made:
            shown.print(grid(made["zeros"], words, ("id", "path", "std", "p_adjusted", "verdict")))
        if "survival" in made:
            shown.print(grid(made["survival"], words, ("id", "verdict", "again", "instead", "range")))
        if len(done.outcome):
            shown.print(grid(made["draws"], words, ("outcome_draws", "draws", "share_asked")))
    say(done.plan, done.deviations, words, shown, done.promises)
    for line in inference_page.stopped(done, words):
        shown.print(line, markup=False, style="yellow", soft_wrap=True)
    page = (out / "inference.html").resolve()
    shown.print(f"{words.plain('inference.kicker')}: {page}", markup=False, soft_wrap=True)
