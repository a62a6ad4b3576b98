"""Places of nodes as a small file: to take from a drawing, change by hand, and give to the next."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import tomli_w

from mkb21sem.errors import Mkb21Error, OptionError, one_of
from mkb21sem.report.drawing.options import POINTS_PER_CM
from mkb21sem.report.drawing.sheet import Sheet

SUFFIXES = (".toml", ".json")
_HEADER = """# Where the centre of each node stands: x, y in cm from the leftmost and the lowest centre.
# Change what you like; leave a node out, and the layout places it.
"""
Positions = dict[str, tuple[float, float]]


def places(sheet: Sheet) -> Positions:
    """Centre of every structural node in cm; the leftmost has x = 0, the lowest y = 0."""
    centres = {name: sheet.scene.shapes[name].centre for one in sheet.pictures for name in one.structural}
    least = np.min(list(centres.values()), axis=0)
    return {name: _rounded(centre - least) for name, centre in centres.items()}


def _rounded(at: np.typing.NDArray[np.float64]) -> tuple[float, float]:
    x, y = np.round(at / POINTS_PER_CM, 3).tolist()
    return x, y


def writable(path: str | Path) -> Path:
    """The file to be written, if it can be.

    Raises
    ------
    OptionError
        Another suffix, or a folder that is missing.
    """
    target = Path(path)
    one_of(f"the suffix of {target.name}", target.suffix.lower(), SUFFIXES)
    if not target.parent.is_dir():
        raise OptionError(f"{target} can't be written: there is no folder {target.parent}. Make it first.")
    return target


def save_positions(found: Mapping[str, tuple[float, float]], path: str | Path) -> None:
    """Write positions as .toml or .json, whole or not at all.

    Raises
    ------
    OptionError
        Another suffix, or a folder that is missing.
    Mkb21Error
        The disk refuses.
    """
    target = writable(path)
    listed = {name: list(at) for name, at in found.items()}
    toml = target.suffix.lower() == ".toml"
    text = _HEADER + _toml(listed) if toml else json.dumps(listed, indent=2, ensure_ascii=False) + "\n"
    unfinished = target.with_name(f".{target.name}.new")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        unfinished.replace(target)
    except OSError as error:
        raise Mkb21Error(f"{target} can't be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()


def _toml(listed: Mapping[str, list[float]]) -> str:
    """A line a node."""
    lines = (tomli_w.dumps({name: "at"}).replace('"at"', f"[{x:g}, {y:g}]") for name, (x, y) in listed.items())
    return "".join(lines)


def read_positions(path: str | Path) -> Positions:
    """Read positions from a .toml or .json file of node → [x, y].

    Raises
    ------
    OptionError
        The file can't be read, or holds something else than two numbers a node.
    """
    source = Path(path)
    one_of(f"the suffix of {source.name}", source.suffix.lower(), SUFFIXES)
    content = _content(source)
    if not isinstance(content, dict) or not content:
        raise OptionError(f"{source}: expected a line a node, such as {_EXAMPLE[source.suffix.lower()]}.")
    return {name: _pair(source, name, at) for name, at in content.items()}


_EXAMPLE = {".toml": "MOT = [4.2, 3.0]", ".json": '{"MOT": [4.2, 3.0]}'}


def _content(source: Path) -> object:
    try:
        text = source.read_text(encoding="utf-8-sig")
        content: object = tomllib.loads(text) if source.suffix.lower() == ".toml" else json.loads(text)
    except FileNotFoundError as error:
        raise OptionError(f"there is no file {source}. `--save-positions` makes one.") from error
    except OSError as error:
        raise OptionError(f"{source} can't be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        kind = source.suffix.lower()[1:].upper()
        raise OptionError(
            f"{source} is no {kind}: {error}. A node stands as {_EXAMPLE[source.suffix.lower()]}."
        ) from error
    return content


def _pair(source: Path, name: str, at: object) -> tuple[float, float]:
    numbers = at if isinstance(at, list) else []
    if len(numbers) == 2 and all(isinstance(v, int | float) and not isinstance(v, bool) for v in numbers):
        x, y = (float(v) for v in numbers)
        if math.isfinite(x) and math.isfinite(y):
            return x, y
    wanted = _EXAMPLE[source.suffix.lower()].replace("MOT", name)
    raise OptionError(f"{source}: `{name}` needs two numbers, x and y in cm, as in {wanted}; got {at!r}.")
