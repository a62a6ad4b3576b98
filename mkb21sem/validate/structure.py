"""Which items are meant to measure what: a wave's constructs, their forms, and the measurement model that follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from mkb21sem.errors import OptionError
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.correlations import batteries

THEORY = "mkb21"
"""The shipped model whose constructs a wave is asked for first."""


@dataclass(frozen=True, slots=True)
class Structure:
    """What the items are meant to measure.

    Attributes
    ----------
    constructs
        Construct → items.
    forms
        Construct → form → items, of the constructs that consist of three or more forms of two or more items.
    parallel
        Pairs of constructs whose forms and items correspond one to one.
    """

    constructs: Mapping[str, tuple[str, ...]]
    forms: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    parallel: tuple[tuple[str, str], ...] = ()

    @property
    def items(self) -> tuple[str, ...]:
        """All items, construct by construct."""
        return tuple(item for items in self.constructs.values() for item in items)

    def model(self) -> Model:
        """The measurement model: forms are first-order constructs, parallel items and forms share wording."""
        lines = []
        for construct, items in self.constructs.items():
            own = self.forms.get(construct, {})
            lines += [f"{form} =~ {' + '.join(part)}" for form, part in own.items()]
            lines.append(f"{construct} =~ {' + '.join(own or items)}")
        for one, other in self.parallel:
            pairs = zip(self.constructs[one], self.constructs[other], strict=True)
            lines += [f"{a} ~~ {b}" for a, b in pairs]
            lines += [f"{a} ~~ {b}" for a, b in zip(self.forms[one], self.forms[other], strict=True)]
        return Model.parse("\n".join(lines), name="measurement")


def structure(wave: Wave) -> Structure:
    """The constructs of a wave.

    Those of the shipped model that are batteries of the wave's questionnaire; of another questionnaire every battery
    of three or more ordinal questions. Forms are the codebook's.

    Raises
    ------
    OptionError
        The wave has no such battery.
    """
    found = batteries(wave)
    ours = {name: items for name, items in found.items() if name in Model.read(THEORY).latents}
    constructs = ours or found
    if not constructs:
        raise OptionError(
            f"{wave.name}: there is no battery of three or more ordinal questions, so nothing to validate. Batteries "
            "are questions with the same letters and a number, like REP01, REP02, REP03."
        )
    forms = {name: own for name, items in constructs.items() if (own := _forms(wave, name, items))}
    return Structure(constructs, forms, _parallel(constructs, forms))


def _forms(wave: Wave, construct: str, items: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    named: dict[str, list[str]] = {}
    for item in items:
        form = wave.codebook[item].form
        named.setdefault(f"{construct}_{form.upper()}" if form else "", []).append(item)
    enough = len(named) > 2 and "" not in named and all(len(own) > 1 for own in named.values())
    return {form: tuple(own) for form, own in named.items()} if enough else {}


def _parallel(
    constructs: Mapping[str, tuple[str, ...]], forms: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> tuple[tuple[str, str], ...]:
    """Neighbouring constructs with the same forms of the same sizes, items numbered alike."""

    def shape(construct: str) -> list[tuple[str, tuple[str, ...]]]:
        cut = len(construct)
        return [(form[cut:], tuple(i[cut:] for i in items)) for form, items in forms[construct].items()]

    return tuple(
        (one, other)
        for one, other in pairwise(forms)
        if shape(one) == shape(other)
        and [i[len(one) :] for i in constructs[one]] == [i[len(other) :] for i in constructs[other]]
    )
