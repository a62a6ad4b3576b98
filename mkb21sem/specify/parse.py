"""Spec text to arrows: semopy reads each line, a closed grammar on top says where it goes wrong."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from semopy.parser import parse_desc

from mkb21sem.errors import SpecError

OPERATORS = ("=~", "~", "~~")
OPERATIONS = ("START", "BOUND", "CONSTRAINT", "DEFINE")
EVIDENCE = ("stated", "implied", "reconstruction")

_NAME = r"[^\W\d][\w.]*"
_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE]-?\d+)?"
_TERM = re.compile(rf"\s*(?:(?P<modifier>{_NUMBER}|{_NAME})\s*\*\s*)?(?P<name>{_NAME}|1)\s*")
_LEFT = re.compile(rf"\s*{_NAME}(?:\s*,\s*{_NAME})*\s*")
_OPERATOR = re.compile(r"[=~<>:|@$!^&%-]+")
_OPERATION = re.compile(r"([A-Z_]{2,})\s*\((.*)\)\s*(.*)")
_TAG = re.compile(rf"^(?:(?P<id>[\w.-]+)\s+)?(?P<evidence>{'|'.join(EVIDENCE)})\b")
_HEADER = re.compile(r"^#\s*(?P<key>[a-z][\w-]*)\s*:\s*(?P<text>.+?)\s*$")


@dataclass(frozen=True, slots=True)
class Arrow:
    """One arrow of the drawing, as one line of the spec states it.

    Attributes
    ----------
    lhs, op, rhs
        As written: ``=~`` measured by, ``~`` regressed on, ``~~`` covaries with; ``x ~ 1`` has rhs "1".
    value
        The number the arrow is fixed at; None if it is free or left to the defaults.
    label
        Arrows with one label are equal.
    freed
        True for ``NA*x``: free even where a default would fix it.
    evidence
        stated, implied or reconstruction, from the comment behind the line; "" where none is given.
    key
        The name of the arrow in the comment (A3), "" where none is given.
    line
        Line in the spec, 0 for arrows that a default added.
    """

    lhs: str
    op: str
    rhs: str
    value: float | None = None
    label: str = ""
    freed: bool = False
    evidence: str = ""
    key: str = ""
    line: int = 0

    @property
    def tail(self) -> str:
        """Where the arrow starts."""
        return self.rhs if self.op == "~" else self.lhs

    @property
    def head(self) -> str:
        """Where the arrow points."""
        return self.lhs if self.op == "~" else self.rhs

    @property
    def heads(self) -> int:
        """1 for a directed arrow, 2 for a covariance or variance."""
        return 2 if self.op == "~~" else 1

    @property
    def cell(self) -> tuple[str, str, str]:
        """Tail, head and kind, by which two arrows are the same arrow; a covariance has no direction."""
        ends = sorted((self.lhs, self.rhs)) if self.op == "~~" else [self.tail, self.head]
        return ends[0], ends[1], "<->" if self.op == "~~" else "->"

    def __str__(self) -> str:
        # In an exponent semopy takes `+` for the next term: 1e22, not 1e+22.
        number = "" if self.value is None else repr(self.value).replace("e+", "e")
        modifier = self.label or ("NA" if self.freed else number)
        tag = f"  # {self.key} {self.evidence}".replace("#  ", "# ") if self.evidence else ""
        return f"{self.lhs} {self.op} {modifier}{'*' if modifier else ''}{self.rhs}{tag}"


@dataclass(frozen=True, slots=True)
class Operation:
    """One line such as ``START(0.5) a b``: what is asked, its arguments and the names it is about."""

    name: str
    arguments: tuple[str, ...]
    names: tuple[str, ...]
    line: int = 0

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.arguments)}) {' '.join(self.names)}".rstrip()


def parse(text: str, where: str) -> tuple[tuple[Arrow, ...], tuple[Operation, ...], dict[str, str]]:
    """Arrows, operations and header fields (``# title: …``) of a spec.

    Parameters
    ----------
    text
        The spec, one statement a line, ``#`` for comments.
    where
        What to call the spec in messages: its file name.

    Raises
    ------
    SpecError
        With file, line and a caret under the first thing that isn't understood.
    """
    text = text.removeprefix("\ufeff")
    arrows: list[Arrow] = []
    operations: list[Operation] = []
    header: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        source = Line(where, number, line)
        statement, _, comment = line.partition("#")
        if field := _HEADER.match(line):
            header.setdefault(field["key"], field["text"])
        elif operation := _OPERATION.match(statement.strip()):
            operations.append(_operation(source, operation))
        elif statement.strip():
            arrows.extend(_arrows(source, statement, comment.strip()))
    _refuse_repeats(arrows, text.splitlines(), where)
    if not arrows:
        raise SpecError(f"{where} holds no arrow: write lines such as `f =~ x1 + x2 + x3` or `y ~ f`.")
    return tuple(arrows), tuple(operations), header


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a spec and where it stands, so that a message can point into it."""

    where: str
    number: int
    text: str

    def error(self, what: str, start: int = 0, end: int | None = None) -> SpecError:
        """An error with the line and carets under the characters from `start` to `end`."""
        text = self.text.rstrip()
        if end is None:
            start, end = len(text) - len(text.lstrip()), len(text)
        indent = "".join("\t" if character == "\t" else " " for character in text[:start].ljust(start))
        carets = indent + "^" * max(end - start, 1)
        return SpecError(f"{self.where}, line {self.number}: {what}\n    {text}\n    {carets}")


def _operation(source: Line, match: re.Match[str]) -> Operation:
    name, arguments, names = match.groups()
    if name not in OPERATIONS:
        raise source.error(f"operation `{name}` is not one of {', '.join(OPERATIONS)}.")
    return Operation(
        name,
        tuple(a.strip() for a in arguments.split(",")),
        tuple(n for n in re.split(r"[\s,]+", names) if n),
        source.number,
    )


def _arrows(source: Line, statement: str, comment: str) -> list[Arrow]:
    """The arrows of one line: checked here, read by semopy."""
    op, start, end = _operator(source, statement)
    left = statement[:start]
    if not _LEFT.fullmatch(left):
        if not left.strip():
            raise source.error(f"nothing left of `{op}`, where the name of a variable was expected.", start, end)
        at = len(left) - len(left.lstrip())
        hint = " A modifier such as `a*x` belongs right of the operator." if "*" in left else ""
        raise source.error(f"`{left.strip()}` is not the name of a variable.{hint}", at, len(left.rstrip()))
    names = _check_terms(source, statement, end, op)
    try:
        # semopy stumbles over a tab behind a space, and takes `~-2*x` for an operator `~-`.
        effects, _ = parse_desc(" ".join([*left.split(), op, *statement[end:].split()]))
    except SyntaxError as error:
        raise source.error("semopy's grammar doesn't know this form.") from error
    if not effects[op] or any(list(terms) != names for terms in effects[op].values()):
        raise source.error("semopy reads this line otherwise than it is meant; write it with other names or numbers.")
    tag = _TAG.match(comment)
    return [
        _arrow(lhs, op, rhs, modifier, tag, source.number)
        for lhs, terms in effects[op].items()
        for rhs, modifier in terms.items()
    ]


def _operator(source: Line, statement: str) -> tuple[str, int, int]:
    found = _OPERATOR.search(statement)
    if found is None:
        known = ", ".join(OPERATORS)
        raise source.error(f"no operator: a line joins names by one of {known}, or is one of "
                           f"{', '.join(f'{o}(…)' for o in OPERATIONS)}.")  # fmt: skip
    op = found.group().rstrip("-") if found.group().rstrip("-") in OPERATORS else found.group()
    if op not in OPERATORS:
        hint = {
            ":=": " Effects need no definition: effects() lists every path of the graph.",
            "==": " Write CONSTRAINT(a = 2*b).",
            "|": " Thresholds are not written: name the ordinal items by ordered= or DEFINE(ordinal).",
            "~*~": " Scaling factors follow from parameterization=.",
        }.get(op, "")
        raise source.error(f"operator `{op}` is not one of {', '.join(OPERATORS)}.{hint}", *found.span())
    return op, found.start(), found.start() + len(op)


def _check_terms(source: Line, statement: str, at: int, op: str) -> list[str]:
    """The names right of the operator, after a look whether every term is one, times a number or label or not."""
    seen: dict[str, None] = {}
    while True:
        term = _TERM.match(statement, at)
        if term is None or (term.end() < len(statement) and statement[term.end()] != "+"):
            start = term.end() if term else at
            rest = statement[start:]
            begin = start + len(rest) - len(rest.lstrip())
            what = f"`{rest.strip()}`" if rest.strip() else "nothing"
            raise source.error(
                f"{what} where a term was expected: a name, `0.5*name`, `label*name` or `NA*name`, "
                "terms joined by `+`.",
                min(begin, len(statement.rstrip())),
                max(len(statement.rstrip()), begin + 1),
            )
        name = term["name"]
        if name == "1" and op != "~":
            raise source.error("`1` is the intercept and goes with `~` only.", *term.span("name"))
        if term["modifier"] and re.fullmatch(_NUMBER, term["modifier"]) and math.isinf(float(term["modifier"])):
            raise source.error("the number is too large.", *term.span("modifier"))
        if term["modifier"] and term["modifier"] != "NA" and term["modifier"].casefold() in ("na", "nan", "inf"):
            what = f"`{term['modifier']}` is no label: a free arrow is written `NA*{name}`, a fixed one `1*{name}`."
            raise source.error(what, *term.span("modifier"))
        if name in seen:
            raise source.error(f"`{name}` stands twice in this line; one arrow is one term.", *term.span("name"))
        seen[name] = None
        at = term.end() + 1
        if at > len(statement):
            return list(seen)


def _arrow(lhs: str, op: str, rhs: str, modifier: str | None, tag: re.Match[str] | None, line: int) -> Arrow:
    number = modifier is not None and re.fullmatch(_NUMBER, modifier) is not None
    named = modifier is not None and not number and modifier != "NA"
    return Arrow(
        lhs,
        op,
        rhs,
        value=float(modifier) if number and modifier else None,
        label=modifier if named and modifier else "",
        freed=modifier == "NA",
        evidence=tag["evidence"] if tag else "",
        key=(tag["id"] or "") if tag else "",
        line=line,
    )


def _refuse_repeats(arrows: list[Arrow], lines: list[str], where: str) -> None:
    first: dict[tuple[str, str, str], Arrow] = {}
    for arrow in arrows:
        source = Line(where, arrow.line, lines[arrow.line - 1])
        earlier = first.setdefault(arrow.cell, arrow)
        if earlier is not arrow:
            raise source.error(f"the arrow {arrow.tail} → {arrow.head} stands in line {earlier.line} already.")
        if arrow.lhs == arrow.rhs and arrow.op != "~~":
            raise source.error(f"`{arrow.lhs}` points at itself; only `~~` (a variance) may.")
