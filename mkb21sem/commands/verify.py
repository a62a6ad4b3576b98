"""`mkb21sem verify`: whether an output is as it was written, and whether its numbers come out again."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import redirect_stdout
from importlib import import_module
from inspect import signature
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mkb21sem.commands.record import restored
from mkb21sem.commands.shell import NOT_CONVERGED, PROBLEMS, guarded
from mkb21sem.report.terminal import console, plain_grid

if TYPE_CHECKING:
    from mkb21sem.report.again import Again
    from mkb21sem.report.words import Words

EXAMPLE = "mkb21sem verify report --data wave.csv"
FOLDERS = ("reproduce", "describe", "estimate", "validate", "infer", "power", "compare", "export", "report")
"""Commands that write a folder."""
FILES = {"diagram": "out", "questionnaire": "out", "mapping": "out", "survey": "log"}
"""Commands that write single files, and the option that names one."""
TWIN = "synthesize"
COMMANDS = (*FOLDERS, *FILES, TWIN)


@guarded
def verify(
    output: Annotated[
        Path, typer.Argument(help="A folder that a command wrote, or a file with its .provenance.json beside it.")
    ],
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", help="The wave file it was made from; repeat it for several. Default: a synthetic one."),
    ] = None,
    file: Annotated[
        list[Path] | None,
        typer.Option("--file", help="Any other file that the run read: codebook, mapping, population counts."),
    ] = None,
    workers: Annotated[int, typer.Option("--workers", help="Local processes; they change no number.")] = 1,
) -> None:
    """Run the command of an output again from its record and the same files, and compare every number and file."""
    from mkb21sem.report.outputs import RESULTS

    named = named_by(output)
    known = _known([*(data or []), *(file or [])])
    if named.is_dir() and not (named / RESULTS).exists():
        kept = recorded(named)
        same = []
        for each in kept:
            console().print(f"{each.name}:", markup=False, soft_wrap=True)
            same.append(_verified(each, known, workers))
    else:
        same = [_verified(named, known, workers)]
    if not all(same):
        raise typer.Exit(PROBLEMS)


def named_by(output: Path) -> Path:
    """The output that is meant: of a record beside a file that file, of a twin its disclosure report.

    Raises
    ------
    OptionError
        There is nothing of that name, or a plan, which another command verifies.
    """
    from mkb21sem.errors import OptionError
    from mkb21sem.report import beside
    from mkb21sem.report.twin import files

    if output.name.endswith(beside.ENDING):
        output = output.with_name(output.name.removesuffix(beside.ENDING))
    if not output.exists():
        raise OptionError(f"{output}: there is no such folder or file. Name what the command's --out named.")
    if output.suffix.lower() == ".toml" and not beside.place(output).exists():
        raise OptionError(f"{output}: a frozen plan is verified by `mkb21sem plan verify {output.name}`.")
    if output.suffix.lower() == ".csv" and not beside.place(output).exists() and files.beside(output).exists():
        told = files.folder_of(output)
        if not told.is_dir():
            raise OptionError(
                f"{output}: what a twin was made from is said in its disclosure report, and not beside the twin, which "
                f"is shared. Name the folder that --report named; {told.name} is not there."
            )
        return told
    return output


def recorded(folder: Path) -> list[Path]:
    """The files of a folder that have a record beside them.

    Raises
    ------
    OptionError
        There are none.
    """
    from mkb21sem.errors import OptionError
    from mkb21sem.report import beside

    kept = sorted(folder.glob(f"*{beside.ENDING}"))
    if not kept:
        raise OptionError(
            f"{folder}: there is no results.json in this folder, and no file with a {beside.ENDING} beside it. Name a "
            "folder that a command's --out named; if this is one, results.json was lost: get it back, or make the "
            "output again."
        )
    return [path.with_name(path.name.removesuffix(beside.ENDING)) for path in kept]


def _verified(output: Path, known: Mapping[str, Path], workers: int) -> bool:
    """Say whether one output is as it was written and comes out again."""
    from mkb21sem.errors import OptionError
    from mkb21sem.report.again import compared, stored
    from mkb21sem.report.words import Words

    content = stored(output)
    if not output.exists():
        raise OptionError(f"{output}: there is no such file; its record is still here. Get it back, or make it again.")
    run = content["run"]
    lang = run["options"].get("lang")
    words = Words(lang if lang in ("en", "nl") else "en")
    if run["command"] not in COMMANDS:
        raise OptionError(f"{output}: `mkb21sem {run['command']}` is no command whose output can be verified.")
    if run.get("line"):
        console().print(str(run["line"]), markup=False, soft_wrap=True)
    intact = _intact(output, content, known, words)
    with tempfile.TemporaryDirectory() as place:
        command = getattr(import_module(f"mkb21sem.commands.{run['command']}"), run["command"])
        try:
            options = restored(command, run["options"], Path(place) / "files", known)
        except OptionError:
            raise
        except (ValueError, TypeError, AttributeError) as error:
            raise OptionError(
                f"{output}: its record comes from another version, or was edited ({error}). Verify it by the version "
                f"that made it: {_made_by(content)}."
            ) from error
        again = _run(command, options, Path(place), output, content, workers)
        same = _said(compared(output, again), content, words)
    return same and intact


def _made_by(content: Mapping[str, Any]) -> str:
    version = (content.get("software") or {}).get("mkb21sem", "unknown")
    return f"mkb21sem {version}"


def _intact(output: Path, content: Mapping[str, Any], known: Mapping[str, Path], words: Words) -> bool:
    """Say which files are not as they were written."""
    from mkb21sem.report.intact import digest, touched

    if not output.is_dir():
        found = {} if digest(output) == content.get("sha256") else {output.name: "changed"}
    else:
        found = touched(output, content)
        found |= _twin(output, content, known, words)
    for name, what in found.items():
        console().print(words.plain(f"verify.{what}", file=name), style="bold red", markup=False, soft_wrap=True)
    return not found


def twin_name(content: Mapping[str, Any]) -> str:
    """File name of the twin of a disclosure report."""
    twin = content.get("twin")
    return Path(str(twin.get("name") if isinstance(twin, Mapping) else "twin")).name + ".csv"


def _twin(output: Path, content: Mapping[str, Any], known: Mapping[str, Path], words: Words) -> dict[str, str]:
    """Whether the twin of a disclosure report is the one that it tells of, where it can be found."""
    from mkb21sem.report.intact import digest

    twin = content.get("twin")
    if content["run"]["command"] != TWIN or not isinstance(twin, Mapping):
        return {}
    name = twin_name(content)
    if twin.get("sha256") in known:
        return {}
    near = next((path for path in (output.parent / name, *known.values()) if path.name == name and path.exists()), None)
    if near is None:
        console().print(words.plain("verify.no_twin", file=name), style="yellow", markup=False, soft_wrap=True)
        return {}
    return {} if digest(near) == twin.get("sha256") else {name: "changed"}


def _said(found: Again, content: Mapping[str, Any], words: Words) -> bool:
    """Say what differs, or that nothing does."""
    shown = console()
    heads = {name: words.plain(f"verify.col.{name}") for name in ("name", "then", "now")}
    if len(found.software):
        shown.print(plain_grid(words.plain("verify.versions"), found.software.rename(columns=heads)))
    if not found.whole:
        shown.print(words.plain("verify.tables_only"), style="yellow", soft_wrap=True)
    if len(found.differences):
        count = {"n": len(found.differences), "all": found.compared}
        shown.print(words.plain("verify.differ", **count), style="bold red", soft_wrap=True)
        told = {each: words.plain(f"verify.{each}") for each in ("there", "absent")}
        # Every digit: two numbers that differ in the last one look the same when rounded.
        listed = found.differences.map(lambda value: told.get(str(value), str(value))).rename(columns=heads)
        shown.print(plain_grid(words.plain("verify.differences"), listed))
        key = "verify.do.versions" if len(found.software) else "verify.do"
        shown.print(words.plain(key, program=_made_by(content)), markup=False, soft_wrap=True)
        return False
    same = words.plain("verify.same", all=found.compared, identical=found.identical)
    shown.print(f"{same} {words.plain('verify.files')}" if found.whole else same, soft_wrap=True)
    return True


def _known(paths: Iterable[Path]) -> dict[str, Path]:
    """SHA-256 → file, of everything that was given.

    Raises
    ------
    OptionError
        One can't be read.
    """
    from mkb21sem.errors import OptionError

    found = {}
    for path in paths:
        try:
            with path.open("rb") as held:
                found[hashlib.file_digest(held, "sha256").hexdigest()] = path
        except OSError as error:
            raise OptionError(
                f"{path} can't be read ({error.strerror or error}). Name the file that the run read."
            ) from error
    return found


def _run(
    command: Callable[..., Any],
    options: dict[str, Any],
    place: Path,
    output: Path,
    content: Mapping[str, Any],
    workers: int,
) -> Path:
    """Do it again, quietly, and say where; what goes wrong is said by the command itself."""
    takes, name = signature(command).parameters, command.__name__
    if "workers" in takes:
        options["workers"] = workers
    if "keep" in takes:
        options["keep"] = False
    again = place / "again"
    if name == TWIN:
        options |= {"out": place / twin_name(content), "report": again}
    elif name in FILES:
        again = place / Path(str(content.get("file") or output.name)).name
        options |= _single(name, again)
    else:
        options["out"] = again
    with redirect_stdout(StringIO()):
        try:
            command(**options)
        except typer.Exit as ended:
            if ended.exit_code != NOT_CONVERGED and not (name == "survey" and again.exists()):
                raise
    return again


def _single(name: str, again: Path) -> dict[str, Any]:
    """Options by which a command writes one file."""
    if name == "diagram":
        places = again.suffix.lower() in (".toml", ".json")
        return {"save_positions": again, "out": [again.with_suffix(".dot")]} if places else {"out": [again]}
    return {FILES[name]: again}
