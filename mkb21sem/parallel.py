"""Threads inside, processes outside: one BLAS thread in a fit."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    # Looking the libraries up takes longer than a fit, so once is enough.
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """Limit BLAS to one thread: on matrices of this size more threads make it many times slower."""
    return _controller().limit(limits=1)
