"""Imports point backwards along the seven steps; files are short; what is public is described."""

from __future__ import annotations

import ast
from pathlib import Path

import networkx as nx
import pytest

import mkb21sem

PACKAGE = Path(mkb21sem.__file__).parent
STEPS = ("survey", "describe", "specify", "estimate", "validate", "infer", "report")
EVERYWHERE = {"errors", "linalg", "parallel", "checkpoint"}
MODULES = sorted(PACKAGE.rglob("*.py"))
VAGUE = {"utils", "util", "helpers", "helper", "common", "core", "base", "misc", "tools", "shared"}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imported(path: Path) -> set[str]:
    """First part, below the package, of everything that a module imports from the package."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}, line {node.lineno}: a relative import"
            bare = node.module == "mkb21sem"
            names = [f"mkb21sem.{alias.name}" if bare else str(node.module) for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("mkb21sem.")}
    return found


def test_the_seven_steps_are_the_folders() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert folders <= {*STEPS, "commands"}
    assert {path.stem for path in PACKAGE.glob("*.py")} - {"__main__"} == {"__init__", "cli", *EVERYWHERE}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_step_imports_from_earlier_steps_only(path: Path) -> None:
    parts = path.relative_to(PACKAGE).parts
    if parts[0] in ("cli.py", "commands", "__init__.py", "__main__.py"):
        return
    allowed = EVERYWHERE | set(STEPS[: STEPS.index(parts[0]) + 1] if len(parts) > 1 else ())
    if len(parts) == 1:
        allowed -= {path.stem}
    assert imported(path) <= allowed, f"{name_of(path)} imports {sorted(imported(path) - allowed)}"


def test_the_rule_is_applied_to_something() -> None:
    """The pieces that every step may import don't import a step, and later steps do import earlier ones."""
    assert len(MODULES) > 40
    assert "specify" in imported(PACKAGE / "estimate" / "fit.py")
    assert not imported(PACKAGE / "errors.py")


def test_no_step_imports_in_a_circle() -> None:
    """Inside a step too: modules can be read in an order in which everything used was read before."""
    graph = nx.DiGraph()
    for path in MODULES:
        here = ".".join(("mkb21sem", *path.relative_to(PACKAGE).with_suffix("").parts))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("mkb21sem."):
                graph.add_edge(here, node.module)
    assert nx.is_directed_acyclic_graph(graph), nx.find_cycle(graph)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_file_holds_one_idea(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 400


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_file_has_a_name_that_says_something(path: Path) -> None:
    assert not {path.stem, path.parent.name} & VAGUE


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_everything_public_is_described(path: Path) -> None:
    """The module, its public classes and functions, and their public methods."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    described: list[ast.AST] = [tree]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            described.append(node)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            described += [n for n in node.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]
    missing = [getattr(node, "name", "the module") for node in described if not ast.get_docstring(node)]
    assert not missing, f"{name_of(path)}: no docstring for {missing}"


def test_the_public_names_are_there() -> None:
    assert sorted(mkb21sem.__all__) == list(mkb21sem.__all__)
    assert len(set(mkb21sem.__all__)) == len(mkb21sem.__all__)
    for name in mkb21sem.__all__:
        assert getattr(mkb21sem, name).__doc__, name
