"""`mkb21sem describe`: the whitepaper's figures and what stands around them, for any wave."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mkb21sem.commands.privacy import Respondents, Suppress
from mkb21sem.commands.record import record
from mkb21sem.commands.shell import Book, Codes, Lang, Mapping, Out, guarded, missing_codes, progress, the_wave
from mkb21sem.report.terminal import console

if TYPE_CHECKING:
    from mkb21sem.report.monitor.monitor_study import MonitorStudy
    from mkb21sem.report.words import Words

EXAMPLE = "mkb21sem describe wave2014.csv --trend wave2012.csv --weights population.csv --lang nl --out monitor"


@guarded
def describe(
    file: Annotated[
        Path | None, typer.Argument(help="Wave file: .csv, .xlsx or .sav. Default: a synthetic wave.")
    ] = None,
    figures: Annotated[bool, typer.Option("--figures", help="Figures 1-13 only.")] = False,
    trend: Annotated[
        list[Path] | None, typer.Option("--trend", help="An earlier wave; repeat it for more, the oldest first.")
    ] = None,
    trend_codebook: Annotated[
        list[Path] | None,
        typer.Option("--trend-codebook", help="Codebook of an earlier wave with other questions; as many as --trend."),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option("--weights", help="Population counts to weight to: a file with variable, codes, count, source."),
    ] = None,
    official: Annotated[
        list[Path] | None, typer.Option("--official", help="Further official statistics; repeat it for more.")
    ] = None,
    suppress: Suppress = None,
    respondents: Respondents = False,
    bootstrap: Annotated[bool, typer.Option("--bootstrap", help="Bootstrap intervals of means instead of t.")] = False,
    out: Out = Path("monitor"),
    lang: Annotated[Lang, typer.Option("--lang", help="Language of page, charts and tables.")] = Lang.EN,
    codebook: Book = None,
    codes: Codes = None,
    mapping: Mapping = None,
) -> None:
    """Describe a wave: the whitepaper's figures, motive and experience, adoption, trend, benchmark, weights."""
    asked = record()
    with progress() as step:
        step("load the program")
        from mkb21sem.describe.suppression import threshold_of
        from mkb21sem.errors import OptionError
        from mkb21sem.report import outputs
        from mkb21sem.report.monitor import monitor
        from mkb21sem.report.monitor.monitor_study import describe as describing
        from mkb21sem.report.privacy.monitor import shareable
        from mkb21sem.report.words import Words

        threshold_of(suppress, synthetic=True)
        outputs.replaceable(out)
        step("survey")
        no_answer = missing_codes(codes)
        wave = the_wave(file, codebook, no_answer, mapping)
        books: list[Path | None] = [*trend_codebook] if trend_codebook else [codebook] * len(trend or ())
        if len(books) != len(trend or ()):
            raise OptionError(f"--trend-codebook: {len(books)} codebooks for {len(trend or ())} waves; give one each.")
        earlier = [the_wave(each, book, no_answer) for each, book in zip(trend or (), books, strict=True)]
        means = "bootstrap" if bootstrap else "t"
        done = describing(wave, lang.value, step, earlier, weights, official or (), means, figures)
        done = shareable(done, suppress, lang.value)
        words = Words(lang.value, wave.codebook.label)
        step("charts and page")
        monitor.write(done, words, out, figures, respondents, asked)
    _print(done, words, out)


def _print(done: MonitorStudy, words: Words, out: Path) -> None:
    """A few sentences, what could not be computed, and where the page is."""
    from mkb21sem.report.monitor import monitor_prose as prose
    from mkb21sem.report.monitor.monitor import PAGE

    shown = console()
    if done.wave.synthetic:
        shown.print(words.plain("banner"), style="bold yellow")
    for line in (*prose.summary(done, words), *prose.weights(done, words)):
        shown.print(line.striptags(), markup=False, soft_wrap=True)
    for cause in done.causes.values():
        shown.print(words.plain("monitor.none", cause=cause), markup=False, style="yellow", soft_wrap=True)
    shown.print(f"{words.plain('monitor.done')}: {(out / PAGE).resolve()}", markup=False, soft_wrap=True)
