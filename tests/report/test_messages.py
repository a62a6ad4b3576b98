"""What the program says of what happened, in Dutch: each message is one that the program really has."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import mkb21sem
from mkb21sem.report.words import Words, texts, told

PACKAGE = Path(mkb21sem.__file__).parent
ROOMS = ("estimate", "validate", "infer", "report/publication", "report/inference")
MESSAGES = {key: both for key, both in texts().items() if key.startswith("message.")}
PLACE = re.compile(r"\{(\w+)\}")
MOST = 0.6
"""How much of a message has to be written in the program, rather than filled in."""


def pieces():
    """Every piece of text that the program may say, as what is written and None for what is filled in."""
    for path in (path for room in ROOMS for path in (PACKAGE / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield [part.value if isinstance(part, ast.Constant) else None for part in node.values]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield [node.value]


def unsaid(messages):
    """Keys of messages that no piece of the program makes."""
    made = [(sum(len(part or "") for part in parts), parts) for parts in pieces()]

    def says(text):
        near = (parts for size, parts in made if MOST * len(text) <= size <= len(text))
        return any(re.fullmatch("".join(".+" if p is None else re.escape(p) for p in parts), text) for parts in near)

    return [key for key, text in messages.items() if not says(PLACE.sub("x", text))]


def test_every_message_is_one_that_the_program_says():
    assert len(MESSAGES) > 30
    wrong = {"wrong": "the program says no such thing", "near": "there are no heights"}
    assert unsaid({key: both["en"] for key, both in MESSAGES.items()} | wrong) == ["wrong", "near"]


@pytest.mark.parametrize("key", MESSAGES)
def test_a_message_is_said_in_dutch_with_its_places_filled(key):
    names = {name: f"{name.upper()}1" for name in PLACE.findall(MESSAGES[key]["en"])}
    message, dutch = (MESSAGES[key][lang].format(**names) for lang in ("en", "nl"))
    assert told(message, "nl") == dutch
    assert told(message.removesuffix("."), "nl") == dutch.removesuffix(".")
    assert told(message, "en") == message


def test_a_message_within_a_message_is_said_in_dutch_too():
    said = "the path has no standard error: the sample hardly determines A~B and 3 more: standard errors are not given."
    assert told(said, "nl") == (
        "het pad heeft geen standaardfout: de steekproef bepaalt A~B en nog 3 nauwelijks: standaardfouten worden niet "
        "gegeven."
    )


def test_what_is_no_known_message_stays_as_it_is():
    assert told("a <b>thing</b> that nobody foresaw {x}", "nl") == "a <b>thing</b> that nobody foresaw {x}"


def test_texts_fill_in_messages_in_their_language():
    assert Words("nl").plain("cause", cause="there are no weights").endswith("er zijn geen gewichten")
    assert Words("nl")("cause", cause="<i>&").endswith("&lt;i&gt;&amp;")
    assert Words("en")("cause", cause="there are no weights") == "Cause: there are no weights"
