"""Two tables, good specs and bad ones, and what holds for any spec."""

from __future__ import annotations

import random

import pytest

from mkb21sem.errors import SpecError
from mkb21sem.specify.model import Model, shipped
from mkb21sem.specify.parse import Arrow, Operation
from tests.specify.generate import random_spec

GOOD = {
    # the three operators
    "f =~ x1": [Arrow("f", "=~", "x1")],
    "f =~ x1 + x2": [Arrow("f", "=~", "x1"), Arrow("f", "=~", "x2")],
    "y ~ x": [Arrow("y", "~", "x")],
    "x ~~ y": [Arrow("x", "~~", "y")],
    "x ~~ x": [Arrow("x", "~~", "x")],
    "f,g =~ x": [Arrow("f", "=~", "x"), Arrow("g", "=~", "x")],
    "a, b ~ c + d": [Arrow("a", "~", "c"), Arrow("a", "~", "d"), Arrow("b", "~", "c"), Arrow("b", "~", "d")],
    # intercepts
    "x ~ 1": [Arrow("x", "~", "1")],
    "x ~ 1 + y": [Arrow("x", "~", "1"), Arrow("x", "~", "y")],
    "x ~ 0*1": [Arrow("x", "~", "1", value=0.0)],
    "x ~ a*1": [Arrow("x", "~", "1", label="a")],
    # modifiers: a fixed value, a label, freed; the marker is not moved by a value further on
    "f =~ x1 + 0.7*x2": [Arrow("f", "=~", "x1"), Arrow("f", "=~", "x2", value=0.7)],
    "f =~ 1*x1": [Arrow("f", "=~", "x1", value=1.0)],
    "f =~ -2*x1": [Arrow("f", "=~", "x1", value=-2.0)],
    "f =~-2*x1": [Arrow("f", "=~", "x1", value=-2.0)],
    "y~-0.5e1*x": [Arrow("y", "~", "x", value=-5.0)],
    "f =~ 1.5e-3*x1": [Arrow("f", "=~", "x1", value=0.0015)],
    "f =~ 1e22*x1": [Arrow("f", "=~", "x1", value=1e22)],
    "f =~ a*x1": [Arrow("f", "=~", "x1", label="a")],
    "f =~ NA*x1 + x2": [Arrow("f", "=~", "x1", freed=True), Arrow("f", "=~", "x2")],
    "f =~ NA1*x1": [Arrow("f", "=~", "x1", label="NA1")],
    "f =~ NA": [Arrow("f", "=~", "NA")],
    # a product of two names is a label and a name, never an interaction
    "y ~ a * x": [Arrow("y", "~", "x", label="a")],
    # blanks, endings, comments, marks of other programs
    "  f=~x1+x2  ": [Arrow("f", "=~", "x1"), Arrow("f", "=~", "x2")],
    "f\t=~\tx1\t+ \tx2": [Arrow("f", "=~", "x1"), Arrow("f", "=~", "x2")],
    "f\u00a0=~ x1 +\u00a0 \u00a0x2": [Arrow("f", "=~", "x1"), Arrow("f", "=~", "x2")],
    "f =~ x1\r\ny ~ f\r\n": [Arrow("f", "=~", "x1"), Arrow("y", "~", "f")],
    "f =~ x1\ry ~ f": [Arrow("f", "=~", "x1"), Arrow("y", "~", "f")],
    "\ufefff =~ x1": [Arrow("f", "=~", "x1")],
    "# f =~ x1\n\n   \nf =~ x2 # =~ x3": [Arrow("f", "=~", "x2")],
    "f =~ x1 # `f = x1`, a := b": [Arrow("f", "=~", "x1")],
    # evidence
    "y ~ x # stated": [Arrow("y", "~", "x", evidence="stated")],
    "y ~ x # A3 implied": [Arrow("y", "~", "x", evidence="implied", key="A3")],
    "y ~ x  #A3 reconstruction, ours": [Arrow("y", "~", "x", evidence="reconstruction", key="A3")],
    "y ~ x + z # A1 stated": [
        Arrow("y", "~", "x", evidence="stated", key="A1"),
        Arrow("y", "~", "z", evidence="stated", key="A1"),
    ],
    "y ~ x # understated": [Arrow("y", "~", "x")],
    "y ~ x # not stated by anyone": [Arrow("y", "~", "x", evidence="stated", key="not")],
    # names
    "motief =~ café + naïef": [Arrow("motief", "=~", "café"), Arrow("motief", "=~", "naïef")],
    "мотив =~ х1": [Arrow("мотив", "=~", "х1")],
    "_f.1 =~ x_1.a": [Arrow("_f.1", "=~", "x_1.a")],
    "start =~ bound + define": [Arrow("start", "=~", "bound"), Arrow("start", "=~", "define")],
}

TERM = "where a term was expected"
# Text: (words of the message, first and last column of the carets, counted from 0), the line being the text's last.
BAD = {
    # what semopy lets through
    "f =~~ x2": ("operator `=~~` is not one of =~, ~, ~~.", 2, 5),
    "f = x1": ("operator `=` is not one of", 2, 3),
    "ab := a*b": ("operator `:=` is not one of =~, ~, ~~. Effects need no definition", 3, 5),
    "g1: f =~ x1": ("operator `:` is not one of", 2, 3),
    "y ~ x - 1": (f"`- 1` {TERM}", 6, 9),
    "y ~ -x": (f"`-x` {TERM}", 4, 6),
    "f =~ x1 + x1": ("`x1` stands twice in this line", 10, 12),
    "f =~ x1\nf =~ x2 + x1": ("the arrow f → x1 stands in line 1 already", 0, 12),
    "a ~~ b\nb ~~ a": ("stands in line 1 already", 0, 6),
    "y ~ x\ny ~ 0.5*x": ("the arrow x → y stands in line 1 already", 0, 9),
    # what semopy stumbles over
    "f =~ c(a,b)*x": (f"`(a,b)*x` {TERM}", 6, 13),
    "x | t1": ("operator `|` is not one of =~, ~, ~~. Thresholds are not written", 2, 3),
    "f =~ x1; g =~ x2": (f"`; g =~ x2` {TERM}", 7, 16),
    "f =~ x1 +\n    x2": (f"nothing {TERM}", 9, 10),
    "f =~ x1 \\": (f"`\\` {TERM}", 8, 9),
    "f =~ 1e+22*x1": (f"`e+22*x1` {TERM}", 6, 13),
    # operators
    "f == x1": ("operator `==` is not one of =~, ~, ~~. Write CONSTRAINT(a = 2*b).", 2, 4),
    "f <~ x": ("operator `<~` is not one of", 2, 4),
    "f <- x": ("operator `<-` is not one of", 2, 4),
    "f -> x": ("operator `->` is not one of", 2, 4),
    "f ~~~ x": ("operator `~~~` is not one of", 2, 5),
    "x1 ~*~ x1": (f"`*~ x1` {TERM}", 4, 9),
    "f =~ x1 =~ x2": (f"`=~ x2` {TERM}", 8, 13),
    "y ~ x ~ z": (f"`~ z` {TERM}", 6, 9),
    "f x1 x2": ("no operator: a line joins names by one of =~, ~, ~~, or is one of START(…)", 0, 7),
    "  f  ": ("no operator", 2, 3),
    "x-1 ~ y": ("operator `-` is not one of", 1, 2),
    # left of the operator
    "=~ x1": ("nothing left of `=~`", 0, 2),
    "  ~ x": ("nothing left of `~`", 2, 3),
    "1 ~ x": ("`1` is not the name of a variable", 0, 1),
    "2f =~ x": ("`2f` is not the name of a variable", 0, 2),
    "a*f =~ x": ("`a*f` is not the name of a variable. A modifier such as `a*x` belongs right of", 0, 3),
    "f g =~ x": ("`f g` is not the name of a variable", 0, 3),
    "f + g =~ x": ("`f + g` is not the name of a variable", 0, 5),
    "f, =~ x": ("`f,` is not the name of a variable", 0, 2),
    # right of it
    "f =~": (f"nothing {TERM}", 4, 5),
    "f =~ x1 + + x2": (f"`+ x2` {TERM}", 10, 14),
    "f =~ + x1": (f"`+ x1` {TERM}", 5, 9),
    "f =~ x1 x2": (f"`x2` {TERM}", 8, 10),
    "f =~ x1, x2": (f"`, x2` {TERM}", 7, 11),
    "f =~ (x1 + x2)": (f"`(x1 + x2)` {TERM}", 5, 14),
    "f =~ a*b*x": (f"`*x` {TERM}", 8, 10),
    "f =~ a*": (f"`*` {TERM}", 6, 7),
    "f =~ .5*x": (f"`.5*x` {TERM}", 5, 9),
    "f =~ 0x1F*x": (f"`0x1F*x` {TERM}", 5, 11),
    "f =~ --1*x": (f"`--1*x` {TERM}", 5, 10),
    "f =~ 1e999*x": ("the number is too large", 5, 10),
    "y ~ x^2": (f"`^2` {TERM}", 5, 7),
    "y ~ x:z": (f"`:z` {TERM}", 5, 7),
    "y ~ log(x)": (f"`(x)` {TERM}", 7, 10),
    'y ~ "x"': (f'`"x"` {TERM}', 4, 7),
    "y ~ x ‒ z": (f"`‒ z` {TERM}", 6, 9),
    # intercepts and loops
    "x ~~ 1": ("`1` is the intercept and goes with `~` only", 5, 6),
    "f =~ 1": ("`1` is the intercept and goes with `~` only", 5, 6),
    "f =~ x1 + 1": ("`1` is the intercept", 10, 11),
    "y ~ y": ("`y` points at itself", 0, 5),
    "f =~ f": ("`f` points at itself", 0, 6),
    # operations
    "FOO(1) x": ("operation `FOO` is not one of START, BOUND, CONSTRAINT, DEFINE.", 0, 8),
    "  MEAN(x) y": ("operation `MEAN` is not one of", 2, 11),
    "CONSTRAINT a = b": ("operator `=` is not one of", 13, 14),
    "start(1) a": ("no operator", 0, 10),
    # under tabs the carets stand where the text stands
    "f\t=~ x1 + x1": ("`x1` stands twice", 10, 12),
}

PIECES = 'f g x1 é NA 1 0.5 -1 1e5 a* =~ ~ ~~ = + * - , ( ) # | c( 2 _ ` " [ . : < ! % ^ € START BOUND CONSTRAINT'

EMPTY = ("", "\n", " \t \n", "# only\n# comments", "# title: nothing", "\ufeff", "START(1) a", "\r\n\r\n")


@pytest.mark.parametrize(("text", "arrows"), GOOD.items(), ids=repr)
def test_good_specs(text: str, arrows: list[Arrow]) -> None:
    assert list(Model.parse(text).arrows) == arrows


@pytest.mark.parametrize(("text", "expected"), BAD.items(), ids=repr)
def test_bad_specs(text: str, expected: tuple[str, int, int]) -> None:
    """The message names file and line, and carets stand under the first thing that isn't understood."""
    words, start, end = expected
    line = text.splitlines()[0] if words.startswith("nothing") else text.splitlines()[-1]
    with pytest.raises(SpecError) as caught:
        Model.parse(text, where="trust.sem")
    head, shown, carets = str(caught.value).split("\n")
    assert head.startswith(f"trust.sem, line {text.splitlines().index(line) + 1}: ")
    assert words in head
    assert shown == "    " + line.rstrip()
    assert (carets.index("^") - 4, len(carets) - 4) == (start, end)
    assert carets.count("^") == end - start
    assert [c == "\t" for c in carets[4:][:start]] == [c == "\t" for c in line.ljust(start)[:start]]


@pytest.mark.parametrize("text", EMPTY, ids=repr)
def test_a_spec_without_arrows(text: str) -> None:
    with pytest.raises(SpecError, match=r"^trust\.sem holds no arrow: write lines such as"):
        Model.parse(text, where="trust.sem")


def test_header_comments() -> None:
    model = Model.parse("# title: Trust in banks\n# source:  a thesis \n# title: second\nf =~ x # title: third\n")
    assert (model.title, model.source) == ("Trust in banks", "a thesis")


def test_operations_are_read_as_they_stand() -> None:
    text = "f =~ a*x1 + b*x2 + x3\nSTART(0.5) a b\nBOUND( 0,1 ) a, b\nCONSTRAINT(a = 2*b)\nDEFINE(ordinal) x1 x2"
    assert Model.parse(text).operations == (
        Operation("START", ("0.5",), ("a", "b")),
        Operation("BOUND", ("0", "1"), ("a", "b")),
        Operation("CONSTRAINT", ("a = 2*b",), ()),
        Operation("DEFINE", ("ordinal",), ("x1", "x2")),
    )


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_shipped_model_printed_and_read_again_is_the_same(name: str) -> None:
    model = Model.read(name)
    again = Model.parse(str(model))
    assert again == model
    assert (again.title, again.source) == (model.title, model.source)
    assert str(again) == str(model)


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_random_specs_are_read_and_printed_faithfully(first: int) -> None:
    """Any blanks, names, modifiers and endings: the arrows meant, and the same model after printing."""
    for seed in range(first, first + 50):
        text, arrows = random_spec(seed)
        model = Model.parse(text)
        assert list(model.arrows) == arrows, f"seed {seed}: {text!r}"
        assert Model.parse(str(model)) == model, f"seed {seed}: {text!r}"


def test_operations_survive_printing() -> None:
    model = Model.parse("f =~ a*x1 + b*x2\nSTART(0.5) a, b\nBOUND(-1, 1) a\nCONSTRAINT(a = 2*b)\nDEFINE(ordinal) x1")
    assert Model.parse(str(model)) == model


def test_random_characters_give_a_model_or_a_message() -> None:
    """Never another library's error, whatever is typed."""
    rng = random.Random(1)
    words = [*PIECES.split(), " ", "\t", "\u00a0", "\n", "A1 stated", "\x00"]
    outcomes = set()
    for _ in range(4000):
        text = rng.choice(("", "f =~ x1 + x2", "f =~ a*x1\n")) + "".join(rng.choices(words, k=rng.randint(1, 9)))
        try:
            model = Model.parse(text)
        except SpecError:
            outcomes.add("message")
        else:
            assert Model.parse(str(model)) == model, repr(text)
            outcomes.add("model")
    assert outcomes == {"message", "model"}


def test_ten_thousand_lines() -> None:
    lines = [f"f{i} =~ x{i}a + 0.5*x{i}b + a{i}*x{i}c # stated" for i in range(10_000)]
    model = Model.parse("\n".join(lines))
    assert len(model.arrows) == 30_000
    with pytest.raises(SpecError, match=r"line 10001: operator `=` is not"):
        Model.parse("\n".join([*lines, "f = x"]))


@pytest.mark.parametrize(
    ("semopy", "message"),
    [
        (lambda text: (_ for _ in ()).throw(SyntaxError(text)), "semopy's grammar doesn't know this form"),
        (lambda text: ({"=~": {"f": {"x2": None}}}, {}), "semopy reads this line otherwise than it is meant"),
        (lambda text: ({"=~": {}}, {}), "semopy reads this line otherwise than it is meant"),
    ],
)
def test_a_semopy_of_another_grammar_is_not_followed_in_silence(monkeypatch, semopy: object, message: str) -> None:
    """Both readings agree for the semopy of today; a later one may read a line otherwise."""
    monkeypatch.setattr("mkb21sem.specify.parse.parse_desc", semopy)
    with pytest.raises(SpecError, match=message) as refused:
        Model.parse("f =~ x1 + x2", name="trust")
    assert "    f =~ x1 + x2\n    ^^^^^^^^^^^^" in str(refused.value)
