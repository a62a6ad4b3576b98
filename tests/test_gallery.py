"""The pictures in the documentation are those that the commands beside them make today."""

import re
import shlex
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from mkb21sem import cli

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "how-to" / "diagrams.md"
IMAGES = ROOT / "docs" / "images"
COMMANDS = re.findall(
    r"^mkb21sem (diagram .*--out (docs/images/\S+\.svg).*)$", PAGE.read_text("utf-8"), flags=re.MULTILINE
)
HASHED = re.compile(r"\b[mp][0-9a-f]{10}\b")
"""Names of clipping frames follow the last digit of every coordinate."""
NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")


def test_every_picture_has_its_command():
    assert {Path(target).name for _, target in COMMANDS} == {path.name for path in IMAGES.glob("*.svg")}
    assert len(COMMANDS) >= 5


def read(path):
    """What is drawn: elements with their names and the outlines of letters they use, and all coordinates."""
    words, numbers = [], []
    for element in ElementTree.parse(path).iter():
        if "metadata" in element.tag or "purl.org" in element.tag or "rdf" in element.tag:
            continue
        words += [element.tag, (element.text or "").strip()]
        for name, given in sorted(element.attrib.items()):
            value = HASHED.sub("", given)
            numbers += map(float, NUMBER.findall(value))
            words.append(f"{name}={NUMBER.sub('#', value)}")
            words += [value] if name.endswith("href") else []
    return words, np.array(numbers)


@pytest.mark.parametrize(("line", "target"), COMMANDS, ids=[target for _, target in COMMANDS])
def test_a_picture_is_what_its_command_makes(line, target, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / target).parent.mkdir(parents=True)
    done = CliRunner().invoke(cli.app, shlex.split(line))
    assert done.exit_code == 0, done.output
    (words, numbers), (there, places) = read(tmp_path / target), read(ROOT / target)
    stale = f"{target} is stale: run `mkb21sem {line}`"
    assert words == there, stale
    np.testing.assert_allclose(numbers, places, atol=0.5, err_msg=stale)
