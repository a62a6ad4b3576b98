"""The documentation: every command in it exists with its options, every public name is in the reference, links hold."""

import re
import shlex
from pathlib import Path

import click
import pytest
import typer
import yaml

import mkb21sem
from mkb21sem.cli import app

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "models" / "README.md", *sorted(DOCS.rglob("*.md"))]
BLOCK = re.compile(r"^```[a-z]*\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
COMMAND = typer.main.get_command(app)


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def command_lines(path):
    """Every line of a code block that calls the program, without the comment behind it."""
    for block in BLOCK.findall(path.read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("mkb21sem "):
                yield line


LINES = [(name_of(path), line) for path in PAGES for line in command_lines(path)]


def test_there_are_commands_to_check():
    assert len(LINES) > 40


@pytest.mark.parametrize(("page", "line"), LINES)
def test_a_command_in_the_documentation_is_one(page, line):
    """Names and options are parsed as typed; nothing is run."""
    _, *words = shlex.split(line, comments=True)
    command, context = COMMAND, None
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        assert words[0] in command.commands, f"{page}: {line}"
        context = click.Context(command, parent=context, info_name=words[0])
        command = command.commands[words.pop(0)]
    try:
        command.make_context(command.name, words, parent=context)
    except click.exceptions.Exit:
        assert "--help" in words or "--version" in words
    except click.UsageError as error:
        pytest.fail(f"{page}: {line}\n{error.format_message()}")


def test_every_public_name_is_in_the_reference():
    shown = set(re.findall(r"^::: mkb21sem\.(?:\w+\.)*(\w+)$", "\n".join(reference_pages()), flags=re.MULTILINE))
    assert shown == set(mkb21sem.__all__)


def reference_pages():
    return [path.read_text(encoding="utf-8") for path in sorted((DOCS / "reference").glob("*.md"))]


def test_the_reference_names_where_each_thing_lives():
    homes = {f"mkb21sem.{home}.{name}" for name, home in mkb21sem._HOMES.items()}
    assert set(re.findall(r"^::: (\S+)$", "\n".join(reference_pages()), flags=re.MULTILINE)) == homes


def test_every_page_has_its_place_in_the_menu():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    menu = yaml.safe_load(text)["nav"]
    assert sorted(listed(menu)) == sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


def listed(entry):
    if isinstance(entry, str):
        return [entry]
    inner = entry if isinstance(entry, list) else list(entry.values())
    return [page for each in inner for page in listed(each)]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_and_pictures_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{name_of(path)}: {target}"
