"""The errors a user can meet. Each message says where, what, what was expected and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class Mkb21Error(Exception):
    """Base of every error that this package raises on purpose."""


class SpecError(Mkb21Error):
    """A model or hypothesis file claims something that can't be read or fitted."""


class WaveError(Mkb21Error):
    """A wave file or codebook holds something it should not, or lacks something it should."""


class FitError(Mkb21Error):
    """The model can't be estimated from these moments."""


class OptionError(Mkb21Error, ValueError):
    """An argument or command-line option has a value that isn't among those expected."""


def closest(name: str, among: Iterable[str], n: int = 3) -> str:
    """Words that finish an error message: the names that look most like `name`.

    Returns an empty string where nothing is alike, so that it can be appended as it is.
    """
    near = get_close_matches(name, list(among), n=n, cutoff=0.5)
    return f" Closest: {', '.join(near)}." if near else ""


def one_of(argument: str, value: object, allowed: Iterable[str]) -> None:
    """Raise `OptionError` unless `value` is among `allowed`; the message lists them."""
    names = list(allowed)
    if value not in names:
        raise OptionError(f"{argument} must be {', '.join(names)}; got {value!r}.{closest(str(value), names)}")
