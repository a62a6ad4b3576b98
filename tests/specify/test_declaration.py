"""What authors declare in the table [study] of a hypothesis file."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from mkb21sem import SpecError
from mkb21sem.specify.declaration import Declaration

ROOT = Path(__file__).parent.parent.parent
CLAIM = '[[hypothesis]]\nid = "H1"\npath = "A -> B"\n'


def written(folder, study):
    path = folder / "mine.toml"
    path.write_text(study + CLAIM, encoding="utf-8")
    return path


def test_the_shipped_file_declares_everything_in_running_text():
    declared = Declaration.read("mkb21")
    for field in fields(Declaration):
        text = getattr(declared, field.name)
        assert text, field.name
        assert "\n" not in text


def test_what_is_not_declared_is_empty(tmp_path):
    declared = Declaration.read(written(tmp_path, '[study]\ndesign = """One\n  survey"""\n'))
    assert declared == Declaration(design="One survey")
    assert Declaration.read(written(tmp_path, "")) == Declaration()


@pytest.mark.parametrize(
    ("study", "message"),
    [
        ('[study]\ndesing = "x"\n', r"mine\.toml, \[study\]: `desing` is not known\. Closest: design"),
        ("[study]\ndesign = 3\n", r"mine\.toml, \[study\]: `design` must be text between quotation marks; got 3\."),
        ('study = "x"\n', r"mine\.toml: `study` must be a table: a line \[study\]"),
    ],
)
def test_what_does_not_belong_there_is_told(tmp_path, study, message):
    with pytest.raises(SpecError, match=message):
        Declaration.read(written(tmp_path, study))


def test_every_field_is_described_beside_the_models():
    table = (ROOT / "models" / "README.md").read_text(encoding="utf-8").split("## What only the authors can say")[1]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = set(re.findall(r"`(\w+)`", " ".join(rows)))
    assert named == {field.name for field in fields(Declaration)}
