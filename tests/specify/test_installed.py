"""The models are found in a checkout, and in an installed package far from it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import mkb21sem
from mkb21sem.specify.model import Model, models_folder, shipped

ROOT = Path(__file__).parents[2]
ASK = """
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model, models_folder, shipped
print(models_folder())
print(*shipped())
print(len(Model.read("mkb21").arrows), len(Hypothesis.read("mkb21")))
"""


def ask(site: Path) -> list[str]:
    """What a program says that has only `site` to import the package from."""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=site, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def expected(site: Path) -> list[str]:
    arrows = len(Model.read(ROOT / "models" / "mkb21.sem").arrows)
    return [str(site / "mkb21sem" / "models"), " ".join(shipped()), f"{arrows} 17"]


@pytest.mark.skipif(not (ROOT / "models").is_dir(), reason="the tests run beside an installed package")
def test_in_a_checkout() -> None:
    assert models_folder() == ROOT / "models"


def test_moved_as_the_build_settings_say(tmp_path: Path) -> None:
    """The `sources` table of pyproject.toml, done by hand."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    moved = settings["sources"]
    for name in settings["include"]:
        folder = name.strip("/")
        shutil.copytree(
            ROOT / folder, tmp_path / moved.get(folder, folder), ignore=shutil.ignore_patterns("__pycache__")
        )
    assert ask(tmp_path) == expected(tmp_path)


def test_installed_from_a_wheel(tmp_path: Path) -> None:
    """A wheel holds the package, its data files and the models, and nothing else."""
    hatchling = pytest.importorskip("hatchling.builders.wheel", reason="hatchling is not installed")
    wheel = next(iter(hatchling.WheelBuilder(str(ROOT)).build(directory=str(tmp_path / "dist"))))
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    assert {path.name for path in site.iterdir() if not path.name.endswith(".dist-info")} == {"mkb21sem"}
    for path in (ROOT / "mkb21sem").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert (site / path.relative_to(ROOT)).is_file(), f"{path} is not in the wheel"
    assert ask(site) == expected(site)


def test_a_completing_editor_is_offered_the_public_names() -> None:
    assert dir(mkb21sem) == sorted([*mkb21sem.__all__, "__version__"])
    assert {"fit", "Model", "synthetic_wave", "__version__"} <= set(dir(mkb21sem))
