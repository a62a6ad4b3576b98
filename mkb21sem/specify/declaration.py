"""What only the authors of a study can say of it: their plan, design and reasons, in their own words."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from mkb21sem.errors import SpecError, closest
from mkb21sem.specify.hypothesis import contents

BLOCK = "study"


@dataclass(frozen=True, slots=True)
class Declaration:
    """The table ``[study]`` of a hypothesis file; what is not declared is empty.

    Attributes
    ----------
    theory
        What the model as a whole rests on, and why its arrows point the way they do.
    approach
        Strictly confirmatory, one of several alternatives, or generating a model.
    respecification
        Whether and how the model may be changed after looking.
    sample_size
        Why so many respondents: the power aimed at, for which effect; or why that was not planned.
    registration
        Where the plan was registered; or that it was not.
    design
        How respondents were found, by what questionnaire, and what kind of study it is.
    dates
        When the answers were given.
    exclusions
        Who was left out, and why.
    weights
        Sampling weights, strata and clusters; or that there are none.
    measures
        Where the items come from, and whether they share a source.
    missing
        Why answers are missing, as far as the authors know.
    covariances
        Why some residuals may covary, and what else the model allows: means, interactions, nesting.
    criteria
        Which fit counts as acceptable, named in advance, and why.
    availability
        Where answers and code can be had.
    limits
        What a reader should hold against the study.
    groups
        Name of the question by whose answers respondents are compared, beside waves: ZZP.
    """

    theory: str = ""
    approach: str = ""
    respecification: str = ""
    sample_size: str = ""
    registration: str = ""
    design: str = ""
    dates: str = ""
    exclusions: str = ""
    weights: str = ""
    measures: str = ""
    missing: str = ""
    covariances: str = ""
    criteria: str = ""
    availability: str = ""
    limits: str = ""
    groups: str = ""

    @staticmethod
    def read(name_or_path: str | Path) -> Declaration:
        """Read the table ``[study]`` of a shipped hypothesis file by name, or of a ``.toml`` file.

        Raises
        ------
        SpecError
            Not such a file, or something stands in the table that doesn't belong there.
        """
        where, document = contents(name_or_path)
        given = document.get(BLOCK, {})
        if not isinstance(given, dict):
            raise SpecError(
                f'{where}: `{BLOCK}` must be a table: a line [{BLOCK}] and below it lines like design = "…".'
            )
        known = [field.name for field in fields(Declaration)]
        problems = [
            f"{where}, [{BLOCK}]: `{key}` is not known.{closest(key, known)}" for key in given if key not in known
        ]
        problems += [
            f"{where}, [{BLOCK}]: `{key}` must be text between quotation marks; got {value!r}."
            for key, value in given.items()
            if key in known and not isinstance(value, str)
        ]
        if problems:
            raise SpecError("\n".join(problems))
        return Declaration(**{key: " ".join(value.split()) for key, value in given.items()})
