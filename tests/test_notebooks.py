"""Every notebook is stored without output, defines nothing, and runs."""

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_there_are_notebooks():
    steps = ("survey", "describe", "specify", "estimate", "validate", "infer", "report")
    named = [f"step{number}_{step}" for number, step in enumerate(steps, start=1)]
    assert [path.stem for path in NOTEBOOKS] == ["new_wave", "plan_the_next_wave", "reproduce_2012", *named]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_stored_without_output_and_defines_nothing(path):
    nbformat.validate(nbformat.read(path, as_version=4))
    for cell in cells(path):
        assert cell.outputs == []
        assert cell.execution_count is None
        python = "\n".join(line for line in cell.source.splitlines() if not line.startswith("%"))
        defined = (ast.FunctionDef, ast.ClassDef, ast.Lambda)
        assert not [node for node in ast.walk(ast.parse(python)) if isinstance(node, defined)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_ends_with_a_picture(path, tmp_path):
    book = nbformat.read(path, as_version=4)
    NotebookClient(book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    last = [cell for cell in book.cells if cell.cell_type == "code"][-1]
    assert any("image/png" in output.get("data", {}) for output in last.outputs)
    assert list(tmp_path.iterdir()) == []
