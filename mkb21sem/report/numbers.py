"""Numbers in print, after APA 7: the only place where anything is rounded.

A quantity that can't exceed 1 (r, β, p, α, CFI, RMSEA) has no leading zero. Dutch has a decimal comma.
What doesn't exist is a dash, never a zero and never "nan".
"""

from __future__ import annotations

import math
from collections.abc import Callable

ABSENT = "–"
CONFIDENTIAL = "c"
"""A number that exists and is hidden, because few respondents stand behind it."""
MINUS = "−"
LANGUAGES = ("en", "nl")


def number(x: float, places: int = 2, lang: str = "en") -> str:
    """A number with a leading zero: 0.32, −1.50; thousands are parted (1,234 or 1.234)."""
    if math.isnan(x):
        return ABSENT
    if math.isinf(x):
        return "∞" if x > 0 else f"{MINUS}∞"
    text = f"{x:,.{places}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    text = text.replace("-", MINUS)
    return text.translate(str.maketrans(",.", ".,")) if lang == "nl" else text


def bounded(x: float, places: int = 2, lang: str = "en") -> str:
    """A number that can't exceed 1 in size, without leading zero: .32, −.05, 1.00."""
    text = number(x, places, lang)
    sign, digits = (MINUS, text[1:]) if text.startswith(MINUS) else ("", text)
    return sign + digits[1:] if digits.startswith(("0.", "0,")) else text


def p_value(p: float, lang: str = "en") -> str:
    """A p-value to three places: .032, < .001, > .999."""
    if math.isnan(p):
        return ABSENT
    if p < 0.001:
        return f"< {bounded(0.001, 3, lang)}"
    if p > 0.999:
        return f"> {bounded(0.999, 3, lang)}"
    return bounded(p, 3, lang)


def equals_p(p: float, lang: str = "en") -> str:
    """A p-value as it stands in a sentence: = .032, < .001."""
    text = p_value(p, lang)
    return text if text[0] in "<>" else f"= {text}"


def count(n: float, lang: str = "en") -> str:
    """A whole number: 256, 1,234."""
    return number(n, 0, lang)


def percent(share: float, places: int = 0, lang: str = "en") -> str:
    """A share between 0 and 1 as a percentage: 62%."""
    return ABSENT if math.isnan(share) else f"{number(100 * share, places, lang)}%"


def interval(low: float, high: float, form: Callable[..., str] = number, places: int = 2, lang: str = "en") -> str:
    """An interval: [0.12, 0.34], in Dutch [0,12; 0,34]."""
    if math.isnan(low) and math.isnan(high):
        return ABSENT
    between = "; " if lang == "nl" else ", "
    return f"[{form(low, places, lang)}{between}{form(high, places, lang)}]"
