"""What was asked of a command, in a form that tells no path and can be asked again."""

from __future__ import annotations

import hashlib
import inspect
import shlex
import types
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from mkb21sem.commands.shell import ASKED
from mkb21sem.errors import OptionError

SILENT = {"out", "report", "log", "save_positions", "workers", "scheduler", "keep"}
"""Options that change no number."""
TEXTS = {"model", "hypotheses", "items", "plan", "population", "positions"}
"""Options that are, or may be, a file without respondents' answers, whose text is kept."""
FOUND = "file", "sha256"


def record(**settled: Any) -> dict[str, Any]:
    """Command, line and options of the command that is running; see `mkb21sem.report.provenance.run`.

    Parameters
    ----------
    settled
        Options that the command settled itself, such as a seed that nobody gave.
    """
    command, given = ASKED.get()
    given = given | settled
    options = {name: _stored(name, value) for name, value in given.items() if name not in SILENT}
    return {"command": command.__name__, "line": _line(command, given), "options": options}


def _stored(name: str, value: Any) -> Any:
    """An option in JSON's own types, without a path."""
    if isinstance(value, list | tuple):
        return [_stored(name, each) for each in value]
    if isinstance(value, Enum):
        return value.value
    as_text = name in TEXTS and isinstance(value, str | Path) and Path(value).is_file()
    if isinstance(value, Path) or as_text:
        return _file(Path(value), as_text)
    return value


def _file(path: Path, as_text: bool) -> dict[str, str]:
    told = {"file": path.name, "sha256": ""}
    try:
        with path.open("rb") as file:
            told["sha256"] = hashlib.file_digest(file, "sha256").hexdigest()
        if as_text:
            told["text"] = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return told
    return told


def _line(command: Callable[..., Any], given: Mapping[str, Any]) -> str:
    """The command as it is typed, with the options that are not the defaults; files by their names."""
    parts = ["mkb21sem", command.__name__.replace("_", "-")]
    for name, option in inspect.signature(command, eval_str=True).parameters.items():
        value = given.get(name, option.default)
        if name in SILENT or value == option.default:
            continue
        flag, off = _flags(option.annotation, name)
        for each in value if isinstance(value, list | tuple) else [value]:
            if isinstance(each, bool):
                parts.append(flag if each else off)
            else:
                parts += [flag] if flag else []
                parts.append(_word(name, each))
    return shlex.join(parts)


def _word(name: str, value: Any) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    is_file = isinstance(value, Path) or (name in TEXTS and Path(str(value)).is_file())
    return Path(str(value)).name if is_file else str(value)


def _flags(annotation: Any, name: str) -> tuple[str, str]:
    """How an option is switched on and off; empty for an argument."""
    import typer.models

    told = get_args(annotation)[1] if get_origin(annotation) is Annotated else None
    if isinstance(told, typer.models.ArgumentInfo):
        return "", ""
    # In an Annotated option Typer keeps the first name where the default would stand.
    names = (getattr(told, "default", None), *(getattr(told, "param_decls", ()) or ()))
    declared = [each for each in names if isinstance(each, str) and each.startswith("-")]
    flag = declared[0] if declared else f"--{name.replace('_', '-')}"
    on, _, off = flag.partition("/")
    return on, off or f"--no-{on.removeprefix('--')}"


def restored(
    command: Callable[..., Any], options: Mapping[str, Any], folder: Path, files: Mapping[str, Path]
) -> dict[str, Any]:
    """Stored options as the command's function takes them.

    Parameters
    ----------
    options
        From `record`.
    folder
        Where files are put under the names that they had.
    files
        SHA-256 → path, of what can be read again.

    Raises
    ------
    OptionError
        The command has no such option, or a file is lacking.
    """
    types_of = get_type_hints(command)
    if odd := sorted(set(options) - set(types_of)):
        raise OptionError(
            f"`{command.__name__}` has no option {odd[0]} in this version; the output is of another one, "
            "which its record names under software. Verify it by that one."
        )
    return {name: _restored(types_of[name], value, folder / name, files) for name, value in options.items()}


def _restored(kind: Any, value: Any, folder: Path, files: Mapping[str, Path]) -> Any:
    if isinstance(value, list):
        inner = next((part for part in get_args(kind) if get_origin(part) is list), kind)
        kinds = get_args(inner) or (str,)
        return [_restored(kinds[0], each, folder / str(at), files) for at, each in enumerate(value)]
    if isinstance(value, Mapping):
        path = _laid(value, folder, files)
        return path if Path in _alternatives(kind) else str(path)
    for each in _alternatives(kind):
        if isinstance(each, type) and issubclass(each, Enum) and value is not None:
            return each(value)
    return value


def _alternatives(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def _laid(told: Mapping[str, Any], folder: Path, files: Mapping[str, Path]) -> Path:
    """A file of the run under the name it had."""
    name = Path(str(told.get("file") or "file")).name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if isinstance(text := told.get("text"), str):
        path.write_text(text, encoding="utf-8")
    elif (found := files.get(str(told.get("sha256")))) is not None:
        path.symlink_to(found.resolve())
    else:
        wanted = str(told.get("sha256"))[:12]
        other = next((sha for sha, given in files.items() if given.name == name), None)
        if other is not None:
            raise OptionError(
                f"{name} that is given is not the {name} that the run read: its SHA-256 is {other[:12]}…, and was "
                f"{wanted}…; it was changed, or is another file of that name. Give the file as it was, or run the "
                "command anew on this one."
            )
        raise OptionError(
            f"the run read {name} (SHA-256 {wanted}…), and no file that is given is that one, byte for byte. Name it "
            "by --data, or a codebook, mapping or other file by --file."
        )
    return path
