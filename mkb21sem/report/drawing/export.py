"""Drawings as files, by suffix: .svg .pdf .png .tex .dot; all that are asked for, or none."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from mkb21sem.errors import Mkb21Error, OptionError, one_of
from mkb21sem.report.drawing.dot import dot
from mkb21sem.report.drawing.sheet import METADATA, Sheet, save
from mkb21sem.report.drawing.tikz import tikz

TEXTS = {".tex": tikz, ".dot": dot}
SUFFIXES = (*METADATA, *TEXTS)


def writable(paths: Sequence[str | Path]) -> tuple[Path, ...]:
    """The files to be written, if all can be: each has a known suffix, its folder is there, and no two are one.

    Raises
    ------
    OptionError
        Another suffix, a folder that is missing, a file named twice or a folder in place of a file.
    """
    targets = tuple(Path(path) for path in paths)
    for target in targets:
        one_of(f"the suffix of {target.name}", target.suffix.lower(), SUFFIXES)
        if not target.parent.is_dir():
            raise OptionError(f"{target} can't be written: there is no folder {target.parent}. Make it first.")
        if target.is_dir():
            raise OptionError(f"{target} can't be written: there is a folder of that name. Choose another name.")
    if len({target.resolve() for target in targets}) < len(targets):
        raise OptionError("the same file is asked for twice. Name each once.")
    return targets


def write(sheet: Sheet, paths: Sequence[str | Path]) -> None:
    """Write a sheet in every format asked for; if one can't be written, none is, and earlier files stay.

    Raises
    ------
    OptionError
        As `writable`.
    Mkb21Error
        The disk refuses.
    """
    targets = writable(paths)
    pictures = any(target.suffix.lower() in METADATA for target in targets)
    figure = sheet.draw() if pictures else None
    with ExitStack() as left_over:
        ready = []
        for target in targets:
            unfinished = target.with_name(f".{target.name}.new{target.suffix.lower()}")
            left_over.callback(_discard, unfinished)
            if figure is not None and target.suffix.lower() in METADATA:
                save(figure, unfinished)
            else:
                _write_text(TEXTS[target.suffix.lower()](sheet), unfinished)
            ready.append((unfinished, target))
        for unfinished, target in ready:
            try:
                unfinished.replace(target)
            except OSError as error:
                raise Mkb21Error(f"{target} can't be written: {error.strerror}.") from error


def _discard(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _write_text(text: str, path: Path) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise Mkb21Error(f"{path.parent} can't be written: {error.strerror}.") from error
