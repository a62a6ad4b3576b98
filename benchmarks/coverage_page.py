"""What the tests don't reach, and why: `make coverage`.

Reads coverage.json, as `coverage json` writes it, and tests/uncovered.csv, which holds a reason for every function with
a line or branch that no test takes. It writes coverage.md and ends with an error if less than 95% is reached, if a
function lacks a reason, or if a reason stands there for what is reached by now.
"""

from __future__ import annotations

import ast
import csv
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ROOT / "coverage.json"
REASONS = ROOT / "tests" / "uncovered.csv"
REPORT = Path(__file__).parent / "coverage.md"
WANTED = 95.0

Place = tuple[str, str]
"""A file below mkb21sem/ and a function in it, empty for what stands outside functions."""


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Lines that no test reaches and branches that none takes, in one function."""

    place: Place
    lines: tuple[int, ...]
    branches: tuple[tuple[int, int], ...]


def functions(path: Path) -> dict[int, str]:
    """Line → qualified name of the innermost function around it."""
    found: dict[int, str] = {}

    def walk(node: ast.AST, around: str) -> None:
        for child in ast.iter_child_nodes(node):
            inner = around
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = f"{around}.{child.name}" if around else child.name
                if not isinstance(child, ast.ClassDef):
                    found.update(dict.fromkeys(range(child.lineno, (child.end_lineno or child.lineno) + 1), inner))
            walk(child, inner)

    walk(ast.parse(path.read_text(encoding="utf-8")), "")
    return found


def uncovered(measured: Mapping[str, Any]) -> Iterator[Uncovered]:
    """Every function with something that is not reached, in the order of files and lines."""
    for name, file in sorted(measured["files"].items()):
        inside = functions(ROOT / name)
        places: dict[str, tuple[list[int], list[tuple[int, int]]]] = {}
        for line in file["missing_lines"]:
            places.setdefault(inside.get(line, ""), ([], []))[0].append(line)
        for source, target in file["missing_branches"]:
            places.setdefault(inside.get(source, ""), ([], []))[1].append((source, target))
        short = name.removeprefix("mkb21sem/")
        for function, (lines, branches) in places.items():
            yield Uncovered((short, function), tuple(lines), tuple(branches))


def reasons() -> dict[Place, str]:
    """Why something is not reached."""
    if not REASONS.exists():
        return {}
    with REASONS.open(encoding="utf-8") as lines:
        return {(row["file"], row["function"]): row["reason"].strip() for row in csv.DictReader(lines)}


def page(measured: Mapping[str, Any], found: list[Uncovered], why: Mapping[Place, str]) -> str:
    """The committed report."""
    total = measured["totals"]
    share = total["percent_covered"]
    lines = [
        "# What the tests reach",
        "",
        f"{share:.1f}% of lines and branches together: {total['covered_lines']:,} of {total['num_statements']:,} lines "
        f"and {total['covered_branches']:,} of {total['num_branches']:,} branches. Made by `make coverage`, Python "
        f"{sys.version.split()[0]}. Not counted: imports for type checkers, and bodies of protocols.",
        "",
        f"What no test reaches stands below, each with its reason: {len(found)} functions.",
        "",
        "| file | function | lines | branches | why no test reaches it |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{one.place[0]}` | `{one.place[1] or '(module)'}` | {len(one.lines)} | {len(one.branches)} | "
        f"{why.get(one.place, '**no reason yet**')} |"
        for one in found
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page, and say what is lacking."""
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    found, why = list(uncovered(measured)), reasons()
    REPORT.write_text(page(measured, found, why), encoding="utf-8")
    there = {one.place for one in found}
    without = [one for one in found if not why.get(one.place)]
    stale = [place for place in why if place not in there]
    for one in without:
        print(f"no reason: {one.place[0]} {one.place[1]} lines {one.lines} branches {one.branches}")
    for place in stale:
        print(f"reached by now: {place[0]} {place[1]}")
    share = measured["totals"]["percent_covered"]
    print(f"{share:.2f}% of lines and branches")
    if without or stale or share < WANTED:
        sys.exit(
            f"{len(without)} without a reason, {len(stale)} reasons too many, {share:.1f}% of {WANTED:.0f}% wanted."
        )


if __name__ == "__main__":
    main()
