"""Models as text: the same in another dress, wrong on purpose, mutated at random; read, and fitted where possible."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from mkb21sem import Model, fit
from mkb21sem.specify.model import shipped
from tests.estimate.test_hostile_models import honest
from tests.hostile.case import EITHER, REFUSED, RIGHT, Case, command, rng_of
from tests.hostile.tables import spoiled_bytes
from tests.hostile.waves import pick

Rng = np.random.Generator

SMALL = (
    "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ f",
    "f =~ x1 + a*x2 + a*x3 + x4\nf ~ z",
    "f =~ x1 + x2 + x3 + x4\nx1 ~~ x2",
    "x1 ~ b*z + x2\nx3 ~ x1\nx1 ~ 1",
    "f =~ NA*x1 + x2 + x3\nf ~~ 1*f\ng =~ x4 + x5 + x6\nf ~~ g",
    "f =~ x1 + l*x2 + m*x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9\nCONSTRAINT(l = 2*m)\nh ~ f + g",
    "f =~ x1 + x2 + x3\nf ~ s*z\nSTART(0.3) s\nBOUND(-1, 2) s",
)
TOKENS = (
    *("=~", "~", "~~", ":=", "==", "|", "<-", "~*~", "+", "*", "-", "/", "(", ")", ",", ";", "#", "=", "!", "%"),
    *("1", "0", "NA", "na", "NaN", "inf", "1e308", "1e-320", "-0", "0x1", "1_000", "½", "٣", "1.5.2", ".5", "5."),
    *("f", "g", "x1", "x2", "x99", "é", "x 1", "x.1", "_x", "x-1", "None", "class", "f'", '"f"', "<b>", "=cmd()"),
    *("START(", "BOUND(0, 1)", "CONSTRAINT(", "DEFINE(ordinal)", "DEFINE(latent)", "CONSTRAINT(a = 9**9**9)"),
    *("\t", "\u00a0", "\u2028", "\x0b", "\ufeff", "\x00", "\\n", "😀", "é", "x" * 300, "{0}", "%s", "${HOME}"),
)


@cache
def sample() -> pd.DataFrame:
    """Nine items of three constructs and a cause, 120 rows."""
    rng = np.random.default_rng(4)
    z = rng.standard_normal(120)
    f = 0.5 * z + rng.standard_normal(120)
    g = 0.4 * f + rng.standard_normal(120)
    h = 0.3 * g + rng.standard_normal(120)
    columns = {f"x{i}": 0.8 * (f, g, h)[(i - 1) // 3] + 0.6 * rng.standard_normal(120) for i in range(1, 10)}
    return pd.DataFrame({**columns, "z": z})


# --------------------------------------------------------------------------------------------- another reader of specs

TERM = re.compile(r"(?:(?P<modifier>[^*]+)\*)?(?P<name>[^*]+)")


def naively(text: str) -> list[tuple[str, str, str, str]]:
    """Left side, operator, right side and modifier of every arrow, by cutting the lines up."""
    found = []
    for line in text.removeprefix("\ufeff").splitlines():
        words = line.partition("#")[0]
        match = re.search(r"=~|~~|~", words)
        if match is None or re.match(r"\s*[A-Z_]{2,}\s*\(", words):
            continue
        for left in words[: match.start()].split(","):
            for term in words[match.end() :].split("+"):
                cut = TERM.fullmatch("".join(term.split()))
                assert cut is not None, term
                found.append((left.strip(), match.group(), cut["name"], cut["modifier"] or ""))
    return found


def as_cut_up(text: str) -> Callable[[Model], str]:
    """The model holds the arrows that the text names, and is what its own text says."""

    def check(model: Model) -> str:
        ours = []
        for arrow in model.arrows:
            number = "" if arrow.value is None else f"{arrow.value!r}"
            ours.append((arrow.lhs, arrow.op, arrow.rhs, arrow.label or ("NA" if arrow.freed else number)))
        theirs = [(*each[:3], _number(each[3])) for each in naively(text)]
        if sorted(ours) != sorted(theirs):
            return f"other arrows than the text names: {set(ours) ^ set(theirs)}"
        return "" if Model.parse(str(model)) == model else "its own text says something else"

    return check


def _number(modifier: str) -> str:
    try:
        return repr(float(modifier)) if modifier[:1] in "-0123456789" and modifier else modifier
    except ValueError:
        return modifier


def no_silent_number(found: Any) -> str:
    """A minimum with numbers, or no numbers and a cause."""
    try:
        honest(found)
    except AssertionError as error:
        return f"not honest: {error}"
    if found.converged and not (np.isfinite(found.test.chisq) and found.test.chisq > -1e-6):
        return f"chi-square {found.test.chisq}"
    return ""


# ------------------------------------------------------------------------------------------------------------- cases

FOUR = "f =~ x1 + x2 + x3 + x4"
LABELLED = "f =~ x1 + a*x2 + b*x3"
EQUATIONS = (
    *("a", "a = b = 1", "a > 1", "a*b = 1", "a**2 = 1", "1/a = 1", "exp(a) = 1", "a = 1/0", "", "a = q", "a = 9**9**9"),
    *("a = (lambda: 1)()", "a.b.c = 1", "a = __import__", "a = True", "a = 1j", "a = 'x'", "a = [1]", "a @ b = 1"),
)
WRONG: dict[str, tuple[str, ...]] = {
    "an unknown operator": tuple(f"{FOUR}\ny {op} f" for op in ("=~~", ":=", "==", "<-", "~*~", "|", "->", "=", "~=")),
    "nothing on the right": tuple(f"{FOUR}\nf {op}" for op in ("~", "=~", "~~")),
    "nothing on the left": ("~ x1 + x2", "=~ x1", "~~ x1 + x2"),
    "a term left out": ("f =~ x1 + + x3", "f =~ + x1", "f =~ x1 + x2 +", "f =~ x1 ++ x2"),
    "an arrow twice": (f"{FOUR}\nf =~ x2", "f =~ x1 + x1", "x ~ y\nx ~ y", "x ~~ y\ny ~~ x", f"{FOUR}\nx1 ~ f"),
    "an arrow to itself": ("f ~ f", "f =~ f + x1", "f =~ x1\nx1 ~ x1"),
    "a label that is a variable": ("f =~ x1 + x1*x2 + x3", "f =~ x1 + f*x2", f"{FOUR}\nz ~ x1*y"),
    "labels that aren't there": (f"{FOUR}\nSTART(1) q", f"{FOUR}\nBOUND(0,1) q", f"{LABELLED}\nSTART(1)"),
    "a start that is no number": tuple(f"{LABELLED}\nSTART({n}) a" for n in ("", "x", "nan", "inf", "1,2")),
    "bounds the wrong way round": tuple(f"{LABELLED}\nBOUND({n}) a" for n in ("1,0", "1,1", "nan,1", "0", "0,1,2")),
    "a constraint that is none": tuple(f"{LABELLED}\nCONSTRAINT({each})" for each in EQUATIONS),
    "an operation that is none": (f"{FOUR}\nEVAL(1) a", f"{FOUR}\nDEFINE(latent) f", f"{FOUR}\nDEFINE(ordinal)"),
    "an intercept of a loading": ("f =~ 1", "x ~~ 1", "1 ~ x", "f =~ x1 + 1"),
    "a product of two names": ("y ~ x:z", "y ~ a*b*x", "y ~ x^2", "y ~ x*", "y ~ *x", "y ~ log(x)"),
    "a number that is too large": ("y ~ 1e309*x", "y ~ -1e400*x", "y ~ 1e99999*x"),
    "a modifier on the left": ("a*f =~ x1 + x2", "0.5*y ~ x"),
    "no arrows": ("", "# niets", "\n" * 10**5, " \t ", "\ufeff"),
    "a name with a space": ("f =~ x 1 + x2", "f g =~ x1", "f =~ x1 x2", "f =~ 'x1' + x2"),
    "no label": tuple(f"f =~ {label}*x1 + x2 + x3" for label in ("na", "Na", "nan", "NaN", "inf", "Inf")),
}
DEEP = "parentheses in parentheses", "parentheses that don't close", "constructs that measure each other"


def wrong(rng: Rng) -> tuple[str, str]:
    what = str(pick(rng, (*WRONG, *DEEP)))
    if what in WRONG:
        return what, str(pick(rng, WRONG[what]))
    n = int(rng.integers(300, 20_000))
    if what == DEEP[2]:
        return what, _ring(int(rng.integers(2, 60)))
    return what, f"{LABELLED}\nCONSTRAINT({'(' * n}a{')' * n if what == DEEP[0] else ''} = 1)"


def _ring(n: int) -> str:
    return "\n".join(f"f{i} =~ f{(i + 1) % n} + x{i}a + x{i}b" for i in range(n))


def dressed(rng: Rng, text: str) -> str:
    lines = []
    for line in text.splitlines():
        if rng.random() < 0.3 and "#" not in line and "(" not in line:
            line = re.sub(
                r"\s*([+*])\s*", lambda m: f"{' ' * int(rng.integers(0, 3))}{m[1]}{' ' * int(rng.integers(0, 3))}", line
            )
        if rng.random() < 0.2:
            line = pick(rng, ("  ", "\t")) + line
        if rng.random() < 0.2 and "#" not in line:
            line += pick(rng, ("  # opmerking", " # =cmd() <script>", "\t", "   #"))
        if rng.random() < 0.1:
            lines.append(pick(rng, ("", "# een regel", "   ")))
        lines.append(line)
    return pick(rng, ("", "\ufeff")) + pick(rng, ("\n", "\r\n")).join(lines)


def mutated(rng: Rng, text: str) -> str:
    """Tokens put in, left out, swapped and doubled."""
    parts = re.findall(r"\s+|[\w.]+|[^\w\s]+", text)
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(0, len(parts)))
        match int(rng.integers(0, 6)):
            case 0:
                parts[at] = str(pick(rng, TOKENS))
            case 1:
                parts.insert(at, str(pick(rng, TOKENS)))
            case 2:
                del parts[at]
                parts = parts or ["f"]
            case 3:
                other = int(rng.integers(0, len(parts)))
                parts[at], parts[other] = parts[other], parts[at]
            case 4:
                parts[at:at] = parts[at : at + int(rng.integers(1, 12))]
            case _:
                parts[at] = parts[int(rng.integers(0, len(parts)))]
    return "".join(parts)


def soup(rng: Rng) -> str:
    return "".join(f"{pick(rng, TOKENS)}{pick(rng, (' ', '', chr(10)))}" for _ in range(int(rng.integers(1, 40))))


@cache
def texts() -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8") for path in shipped().values()) + SMALL


def spec(number: int, seed: int = 2012) -> Case:
    rng = rng_of("spec", number, seed)
    draw = rng.random()
    if draw < 0.12:
        text = pick(rng, texts())
        good = Model.parse(text)
        content = dressed(rng, text).encode()
        same = lambda found: "" if found == good else "another model"  # noqa: E731
        return Case("spec", number, "another dress", RIGHT, _read, {"m.sem": content}, same)
    if draw < 0.4:
        what, text = wrong(rng)
        content = text.encode()
        if rng.random() < 0.1:
            table = {"t.csv": sample().to_csv(index=False).encode()}
            act = command("estimate", "--model", "m.sem", "--data", "t.csv", "--out", "uit")
            return Case(
                "spec", number, what, REFUSED, act, {"m.sem": content, **table}, says=("m.sem", "model", "CONSTRAINT")
            )
        return Case("spec", number, what, REFUSED, _read, {"m.sem": content})
    if draw < 0.55:
        content = spoiled_bytes(str(pick(rng, texts())).encode(), rng)
        return Case("spec", number, "bytes", EITHER, _read, {"m.sem": content}, _own_text)
    if draw < 0.62:
        text = soup(rng)
        return Case("spec", number, "soup", EITHER, _read, {"m.sem": text.encode("utf-8", "replace")}, as_cut_up(text))
    text = mutated(rng, pick(rng, SMALL if draw > 0.8 else texts()))
    content = text.encode("utf-8", "replace")
    if draw < 0.8:
        return Case("spec", number, "tokens", EITHER, _read, {"m.sem": content}, as_cut_up(text))
    name = pick(rng, ("ML", "ML", "MLR", "GLS", "ULS", "fiml"))

    def act() -> Any:
        model = Model.read("m.sem")
        if name == "fiml":
            holes = sample().mask(np.random.default_rng(number).random(sample().shape) < 0.03)
            return fit(model, holes, "ML", missing="fiml")
        return fit(model, sample(), name)

    says = ("m.sem", "model", "`", "constant", "collinear", "f=", "CONSTRAINT", "constraint", "df =")
    return Case("spec", number, f"tokens, fitted by {name}", EITHER, act, {"m.sem": content}, no_silent_number, says)


def _read() -> Model:
    return Model.read("m.sem")


def _own_text(model: Model) -> str:
    return "" if Model.parse(str(model)) == model else "its own text says something else"
