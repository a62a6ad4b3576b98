"""An output folder appears whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mkb21sem.errors import OptionError
from mkb21sem.report import provenance
from mkb21sem.report.results import PROGRAM
from mkb21sem.report.words import Words

RESULTS = "results.json"


@contextmanager
def whole(out: Path) -> Iterator[Path]:
    """A folder to write into, which becomes ``out`` at the end; after an error nothing of it remains.

    The writing is done in a folder beside ``out``. An earlier output stays until the new one is complete.

    Parameters
    ----------
    out
        Where the output is to stand: a new folder, an empty one, or one with an earlier output.

    Raises
    ------
    OptionError
        ``out`` can't be written, or holds something that this program did not write.
    """
    place = replaceable(out)
    workshop = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}")
    made = [folder for folder in place.parents if not folder.exists()]
    try:
        workshop.mkdir(parents=True)
        yield workshop
        _mark(workshop)
        _exchange(workshop, replaceable(out))
    except BaseException as error:
        shutil.rmtree(workshop, ignore_errors=True)
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise _unwritable(out, error) from error
        raise


def save_file(path: Path, content: bytes, option: str = "--out", replace: bool = True) -> None:
    """Write a single file, which appears whole or not at all; an earlier one stays until then.

    Parameters
    ----------
    option
        Of the command that names the file, for messages.
    replace
        Whether it may take the place of an earlier file.

    Raises
    ------
    OptionError
        It can't be written there, or there is a file that it may not replace.
    """
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "there is a folder of that name")
        unfinished.write_bytes(content)
        if replace:
            os.replace(unfinished, path)
        else:
            _put_new(unfinished, path)
    except FileExistsError as error:
        raise OptionError(
            f"{option} {path}: there is a file of that name; it is never replaced. Name another."
        ) from error
    except OSError as error:
        why = error.strerror or error
        raise OptionError(
            f"{option} {path}: the file can't be written ({why}). Name another place, or close it."
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _put_new(unfinished: Path, path: Path) -> None:
    """Give a finished file its name, unless another file has it."""
    try:
        os.link(unfinished, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError from None
        os.replace(unfinished, path)


def replaceable(out: Path) -> Path:
    """The folder that ``out`` means, if a new output may take its place.

    Raises
    ------
    OptionError
        It is a file, the current folder, or holds files that this program did not write.
    """
    try:
        place = Path(os.path.realpath(out))
    except ValueError as error:
        raise _unwritable(out, error) from error
    if place == Path.cwd() or place in Path.cwd().parents:
        raise OptionError(f"--out {out}: this is the folder you work in, or one above it. Name a folder of its own.")
    try:
        if not place.exists():
            _check_above(out, place)
            return place
    except (OSError, ValueError) as error:
        raise _unwritable(out, error) from error
    if not place.is_dir():
        raise OptionError(f"--out {out}: there is a file of that name. Name a folder.")
    try:
        there = sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if not path.is_dir())
    except OSError as error:
        raise _unwritable(out, error) from error
    foreign = [name for name in there if name not in {*_written(place), ".DS_Store"}]
    if foreign:
        named = ", ".join(foreign[:3]) + (f" and {len(foreign) - 3} more" if len(foreign) > 3 else "")
        raise OptionError(
            f"--out {out}: the folder holds files that {PROGRAM} did not write ({named}), and a new output would "
            "replace the whole folder. Name another folder, or move them."
        )
    return place


def _check_above(out: Path, place: Path) -> None:
    """Find out before anything long is computed that a new folder can't be made there."""
    above = next(folder for folder in place.parents if folder.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        what = "can't be written in" if above.is_dir() else "is no folder"
        raise OptionError(f"--out {out}: the folder can't be written ({above} {what}). Name another folder.")


def _written(place: Path) -> tuple[str, ...]:
    """The files of an earlier output, as its results.json lists them; none if there is no such list."""
    try:
        content = json.loads((place / RESULTS).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return ()
    if not isinstance(content, dict) or content.get("made_by") != PROGRAM:
        return ()
    files = content.get("files")
    return tuple(map(str, files)) if isinstance(files, list) else ()


def _mark(workshop: Path) -> None:
    """List in results.json which files the output has, by which it is known again, and the SHA-256 of each."""
    path = workshop / RESULTS
    content = json.loads(path.read_text(encoding="utf-8"))
    _explain(workshop, content)
    content["sha256"] = {
        each.relative_to(workshop).as_posix(): provenance.sha256(each.read_bytes())
        for each in sorted(workshop.rglob("*"))
        if each.is_file() and each != path
    }
    content["files"] = sorted(each.relative_to(workshop).as_posix() for each in workshop.rglob("*") if each.is_file())
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def _explain(workshop: Path, content: Mapping[str, Any]) -> None:
    """Say in README.txt, wherever tables stand, how their numbers were made."""
    run = content.get("run")
    if not isinstance(run, dict):
        return
    words = Words(str((run.get("options") or {}).get("lang") or "en"))
    told = [words.plain("provenance.title"), *(line.striptags() for line in provenance.lines(content, words))]
    told += provenance.departures(content, words)
    for folder in sorted({path.parent for path in workshop.rglob("*.csv")}):
        path = folder / "README.txt"
        before = path.read_text(encoding="utf-8") + "\n" if path.exists() else ""
        path.write_text(before + "\n".join(told) + "\n", encoding="utf-8")


def _exchange(workshop: Path, place: Path) -> None:
    """Put the new folder where the old one stands; the old one comes back if that fails."""
    if not place.exists():
        workshop.rename(place)
        return
    aside = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}")
    place.rename(aside)
    try:
        workshop.rename(place)
    except BaseException:
        aside.rename(place)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _unwritable(out: Path, error: OSError | ValueError) -> OptionError:
    return OptionError(
        f"--out {out}: the folder can't be written ({getattr(error, 'strerror', None) or error}). Name a folder that "
        "you may write in."
    )
