"""Print the manuscript from the command line: `python -m paper --data wave.csv --out out`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mkb21sem.commands.shell import IMPOSSIBLE, missing_codes, the_wave
from mkb21sem.errors import Mkb21Error
from mkb21sem.parallel import Progress
from paper.build import HERE, MODEL, build


class Said:
    """What is being done, on stderr."""

    def __call__(self, name: str) -> None:
        """A step begins."""
        print(f"  {name} …", file=sys.stderr, flush=True)

    def count(self, of: Progress) -> None:
        """Replicates are not counted."""


def asked() -> argparse.Namespace:
    """The options."""
    options = argparse.ArgumentParser(prog="python -m paper", description="Print the manuscript from a wave.")
    options.add_argument("--data", type=Path, help="wave file (.csv, .xlsx, .sav); default: the synthetic wave")
    options.add_argument("--codebook", type=Path, help="codebook of this wave; default: MKB21 2012")
    options.add_argument("--mapping", type=Path, help="which column is which question (see mkb21sem mapping)")
    options.add_argument("--missing-codes", help="codes that mean no answer, parted by commas: -98,-99")
    options.add_argument("--hypotheses", default=MODEL, help="hypothesis file with your own [study]; default: mkb21")
    options.add_argument("--out", type=Path, default=HERE, help="folder for mkb21.pdf and numbers.json")
    return options.parse_args()


def main() -> int:
    """Build, and say where it is."""
    want = asked()
    try:
        wave = the_wave(want.data, want.codebook, missing_codes(want.missing_codes), want.mapping)
        path, of = build(wave, want.out, want.hypotheses, Said())
    except Mkb21Error as error:
        print(error, file=sys.stderr)
        return IMPOSSIBLE
    print(f"Manuscript: {path}")
    if not of.found.converged:
        print(f"The estimation did not converge, and the manuscript says so: {of.found.cause}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
