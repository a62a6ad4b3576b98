"""`mkb21sem diagram`: the model drawn, with its estimates on the arrows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mkb21sem.commands.fitting import Equal, Free
from mkb21sem.commands.planned import Estimator, Missing, ModelName, PlanFile, chosen, say
from mkb21sem.commands.record import record
from mkb21sem.commands.shell import (
    NOT_CONVERGED,
    Codes,
    Lang,
    guarded,
    missing_codes,
    parted,
    progress,
    the_wave,
)
from mkb21sem.report.terminal import console

if TYPE_CHECKING:
    import pandas as pd

    from mkb21sem.estimate.fit import Fit
    from mkb21sem.report.drawing.fits import Fitted
    from mkb21sem.report.drawing.sheet import Sheet
    from mkb21sem.report.words import Words
    from mkb21sem.specify.model import Model
    from mkb21sem.survey.wave import Wave
    from mkb21sem.survey.waves import Waves

EXAMPLE = "mkb21sem diagram wave.sav --highlight 'CUL -> MOT -> ERV' --out diagram.svg --out diagram.tex"
NAMES = ("labels", "constructs", "ids")


@guarded
def diagram(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[WAVE]...", help="Wave file; several in order of time. Default: a synthetic wave."),
    ] = None,
    model: ModelName = None,
    unfitted: Annotated[bool, typer.Option("--unfitted", help="The model alone, without answers.")] = False,
    any_table: Annotated[
        bool, typer.Option("--table", help="The file is any table with names in its first row, not a wave.")
    ] = False,
    indicators: Annotated[bool, typer.Option("--indicators", help="Draw the items and their loadings too.")] = False,
    labels: Annotated[
        str | None,
        typer.Option("--labels", help="std, est, either with +stars or +interval; key or none. Default: std."),
    ] = None,
    names: Annotated[
        str,
        typer.Option("--names", help="labels: in the codebook's words; constructs: items by id; ids: all by id."),
    ] = "labels",
    theme: Annotated[str, typer.Option("--theme", help="print (greyscale), screen or slides.")] = "print",
    lang: Annotated[Lang, typer.Option("--lang", help="Language of labels, key and notes.")] = Lang.EN,
    group: Annotated[
        str | None, typer.Option("--group", help="Groups side by side, such as ZZP; or wave: synthetic waves.")
    ] = None,
    columns: Annotated[int, typer.Option("--columns", help="Drawings in a row.")] = 2,
    highlight: Annotated[
        str | None, typer.Option("--highlight", help="A path to stand out, such as 'CUL -> MOT -> INTENS'.")
    ] = None,
    covariances: Annotated[bool, typer.Option("--covariances/--no-covariances", help="Draw the arcs.")] = True,
    title: Annotated[str | None, typer.Option("--title", help="Default: the model's; '' for none.")] = None,
    note: Annotated[str | None, typer.Option("--note", help="A line for below the drawing.")] = None,
    width: Annotated[float, typer.Option("--width", help="Of one drawing in cm; labels may need more.")] = 17.0,
    positions: Annotated[
        Path | None, typer.Option("--positions", help="Where nodes stand (.toml, .json): node = [x, y] in cm.")
    ] = None,
    save_positions: Annotated[
        Path | None, typer.Option("--save-positions", help="Write where the nodes stand (.toml, .json), to be edited.")
    ] = None,
    estimator: Estimator = None,
    missing: Missing = None,
    equal: Equal = "",
    free: Free = "",
    codebooks: Annotated[
        list[Path] | None, typer.Option("--codebook", help="Codebook of the waves, or repeated: one a wave.")
    ] = None,
    codes: Codes = None,
    plan: PlanFile = None,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="Which column is which question; of waves: renamed items.")
    ] = None,
    out: Annotated[
        list[Path] | None, typer.Option("--out", help="File: .svg, .pdf, .png, .tex (TikZ) or .dot. May be repeated.")
    ] = None,
) -> None:
    """Draw the path diagram of a model: fitted to a wave, to its groups or to several waves, or not fitted at all."""
    asked = record()
    given = _Given(files or [], codebooks or [], mapping, codes, group, any_table)
    with progress() as step:
        step("load the program")
        from mkb21sem.errors import one_of
        from mkb21sem.report import beside
        from mkb21sem.report.drawing import export, fits
        from mkb21sem.report.drawing import positions as places
        from mkb21sem.report.words import Words

        one_of("--names", names, NAMES)
        targets = export.writable(out or [Path("diagram.svg")])
        kept = None if save_positions is None else places.writable(save_positions)
        for each in (*targets, *([kept] if kept else [])):
            beside.free(each)
        how: dict[str, Any] = {
            "positions": None if positions is None else places.read_positions(positions),
            "indicators": indicators,
            "labels": labels,
            "theme": theme,
            "highlight": highlight,
            "covariances": covariances,
            "width": width,
            "lang": lang.value,
        }
        step("specify")
        frozen, _, drawn = chosen(plan, model)
        rules = None if frozen is None else frozen.rules
        way = {
            "estimator": estimator or (rules.estimator if rules else "auto"),
            "missing": missing or (rules.missing if rules else "auto"),
        }
        step("survey")
        source = None if given.nothing(unfitted) else given.read(drawn)
        words = Words(lang.value, given.labels(source))
        step("estimate")
        also: dict[str, Any] = {"group": given.inside, "equal": parted(equal), "free": parted(free)}
        shown = None if source is None else fits.fitted(drawn, source, words, **way, **also)
        held = None if frozen is None else fits.held(frozen, drawn, shown, source, **way, **also)
        step("draw")
        how["names"] = _named(drawn, words, names)
        planned = [] if held is None else [held.note(words)]
        how["note"] = " ".join([*(shown.remarks if shown else ()), *planned, *([note] if note else [])]) or None
        how["synthetic"] = bool(getattr(source, "synthetic", False))
        sheet = _sheet(shown.found if shown else drawn, how, title, columns)
        export.write(sheet, targets)
        if kept is not None:
            places.save_positions(places.places(sheet), kept)
        about: dict[str, Any] = {"model": shown.found.model if shown else drawn, "about": given.about(source)}
        about |= {"numbers": fits.numbers(shown), "plan": None if held is None else held.record()}
        for each in (*targets, *([kept] if kept else [])):
            beside.save(each, asked, **about)
    if held is not None:
        say(held.plan, held.deviations, words, console(), held.promises)
    _say(words, bool(how["synthetic"]), shown, [*targets, *([kept] if kept else [])])


@dataclass(frozen=True, slots=True)
class _Given:
    """Which answers are asked for, and what describes them."""

    files: list[Path]
    codebooks: list[Path]
    mapping: Path | None
    codes: str | None
    group: str | None
    table: bool

    @property
    def inside(self) -> str | None:
        """The column that tells groups inside one wave or table."""
        return None if self.group == "wave" and len(self.files) != 1 else self.group

    def nothing(self, unfitted: bool) -> bool:
        """Whether no answers are to be read.

        Raises
        ------
        OptionError
            They are described all the same.
        """
        from mkb21sem.errors import OptionError

        if unfitted and (self.files or self.mapping or self.codes or self.group or self.table):
            raise OptionError(
                "--unfitted draws the model alone: leave out wave files, --group and what describes them."
            )
        return unfitted

    def read(self, model: Model) -> Wave | Waves | pd.DataFrame:
        """One wave, several, or a table."""
        from mkb21sem.errors import OptionError
        from mkb21sem.survey.readers import read_table
        from mkb21sem.survey.synthetic_waves import synthetic_waves
        from mkb21sem.survey.waves import Waves

        codes = missing_codes(self.codes)
        if self.table:
            if len(self.files) != 1 or self.mapping is not None:
                raise OptionError("--table takes one file, whose first row has the names of the model.")
            needed = [*model.observed, *([self.group] if self.group else [])]
            return read_table(self.files[0], codes, needed=needed).frame
        if len(self.files) > 1:
            books = self.codebooks[0] if len(self.codebooks) == 1 else self.codebooks or None
            return Waves.read(self.files, books, self.mapping, codes)
        if len(self.codebooks) > 1:
            raise OptionError(f"{len(self.codebooks)} codebooks are given for {len(self.files)} wave file(s).")
        book = self.codebooks[0] if self.codebooks else None
        if not self.files and self.group == "wave" and not (book or codes or self.mapping):
            return synthetic_waves()
        if not self.files and (book or codes or self.mapping):
            raise OptionError("--codebook, --mapping and --missing-codes describe a wave file; name the file.")
        return the_wave(self.files[0] if self.files else None, book, codes, self.mapping)

    @staticmethod
    def about(source: object) -> dict[str, Any]:
        """The answers as a record names them; of a table the options do."""
        from mkb21sem.report import provenance
        from mkb21sem.survey.wave import Wave
        from mkb21sem.survey.waves import Waves

        if isinstance(source, Waves):
            return {"synthetic": source.synthetic, "waves": [provenance.source(wave) for wave in source.waves]}
        return provenance.source(source) if isinstance(source, Wave) else {}

    def labels(self, source: object) -> Callable[[str, str], str]:
        """What variables are called: by the codebook of the answers, else by the one that is named."""
        from mkb21sem.survey.codebook import Codebook

        book = getattr(source, "codebook", None)
        if isinstance(book, Codebook):
            return book.label
        if self.table and not self.codebooks:
            return lambda name, lang: name
        return Codebook.read(self.codebooks[0] if self.codebooks else None).label


def _named(model: Model, words: Words, names: str) -> dict[str, str]:
    """What is written in each node."""
    from mkb21sem.report.drawing.picture import structural_nodes

    every = (*model.latents, *model.observed)
    asked = {"labels": every, "constructs": structural_nodes(model), "ids": ()}[names]
    return {name: words.label(name) for name in asked}


def _sheet(drawn: Fit | Model, how: dict[str, Any], title: str | None, columns: int) -> Sheet:
    """One drawing, or one for each group."""
    from mkb21sem.estimate.fit import Fit
    from mkb21sem.report.drawing.options import Options
    from mkb21sem.report.drawing.panels import beside, single

    if isinstance(drawn, Fit) and len(drawn.moments.groups) > 1:
        headed = (drawn.model.title or drawn.model.name) if title is None else title
        return beside(drawn, None, Options(**how), headed, columns)
    return single(drawn, None, Options(**how), title)


def _say(words: Words, synthetic: bool, shown: Fitted | None, written: list[Path]) -> None:
    """What the drawing rests on, and where it is."""
    console().print(f"Written: {', '.join(map(str, written))}", markup=False, soft_wrap=True)
    if synthetic:
        console().print(words.plain("banner"), style="bold yellow")
    for remark in shown.remarks if shown else ():
        console().print(remark, markup=False, style="yellow", soft_wrap=True)
    if shown is not None and not shown.found.converged:
        console().print(words.plain("not_converged"), style="bold red")
        console().print(words.plain("cause", cause=shown.found.cause), markup=False)
        raise typer.Exit(NOT_CONVERGED)
