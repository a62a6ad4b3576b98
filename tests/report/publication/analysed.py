"""Analyses that the tests share, each made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from mkb21sem.report.documents.parts import Block, Document, Num, Paragraph, Section, numbering, referred
from mkb21sem.report.dossier.sentences import called
from mkb21sem.report.inference.inference import infer
from mkb21sem.report.publication import diagnosed, planned, sampled
from mkb21sem.report.publication.analysis import Analysis, Asked, analyse
from mkb21sem.report.publication.checklist import scores
from mkb21sem.report.study import study
from mkb21sem.report.words import Words
from mkb21sem.specify.declaration import Declaration
from mkb21sem.specify.hypothesis import Hypothesis, for_model
from mkb21sem.specify.model import Model
from mkb21sem.specify.plan import Plan
from mkb21sem.survey.codebook import Codebook, Item
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.reliability import reliability

SMALL = """
CUL =~ CUL01 + CUL02 + CUL03 + CUL04
REP =~ REP01 + REP02 + REP03 + REP04 + REP05
REP ~ CUL + OMV01
INTENS ~ CUL
"""
NO_ANSWER = -9


@lru_cache(maxsize=1)
def reference() -> Analysis:
    """The shipped model, hypotheses and declarations on the reference wave; without other choices."""
    model = Model.read("mkb21")
    return analyse(
        synthetic_wave(2012),
        model,
        Hypothesis.read("mkb21", model),
        Hypothesis.read_zeros("mkb21", model),
        declaration=Declaration.read("mkb21"),
        asked=Asked(robustness=False),
    )


def bare(
    wave: Wave,
    model: Model,
    hypotheses: Sequence[Hypothesis] = (),
    plan: Plan | None = None,
    missing: str = "auto",
) -> Analysis:
    """Only what can't be left out: no measurement, sensitivity, certificate or comparison, nothing declared."""
    claims = tuple(hypotheses) or for_model(model)
    nothing = pd.DataFrame()
    done = study(wave, model, claims, missing=missing, plan=plan)
    judged = infer(wave, model, claims, missing=missing, robust=False)
    absent = (("sensitivity", "not asked for"),)
    asked = Asked(missing=missing, suppress=0)
    return Analysis(
        asked, Declaration(), done, judged, bool(hypotheses), None, nothing, None, nothing, nothing, None, absent
    )


@lru_cache(maxsize=1)
def gapped() -> Analysis:
    """A small model on answers of which some are missing."""
    wave = synthetic_wave(2012)
    answers = wave.answers.copy()
    rng = np.random.default_rng(20120314)
    asked = np.flatnonzero(wave.asked("REP01").to_numpy())
    for name, n in (("CUL01", 9), ("REP02", 14), ("REP05", 6), ("GEB03", 2)):
        answers.iloc[rng.choice(asked, n, replace=False), answers.columns.get_loc(name)] = NO_ANSWER
    return bare(Wave.of(answers, name="gapped"), Model.parse(SMALL, name="small"))


@lru_cache(maxsize=1)
def foreign() -> Analysis:
    """A model without constructs on a wave of another questionnaire, whose three questions are no battery."""
    often = ("nooit", "soms", "vaak", "altijd"), ("never", "sometimes", "often", "always")
    names = ("TRU01", "EFF01", "JOY01")
    items = (Item(name, "Blok", f"Vraag {name}", f"Question {name}", (1, 2, 3, 4), *often, "ordinal") for name in names)
    rng = np.random.default_rng(7)
    latent = rng.standard_normal((150, 3)) @ np.array([[1.0, 0.4, 0.3], [0.0, 0.9, 0.3], [0.0, 0.0, 0.8]])
    answers = pd.DataFrame(np.digitize(latent, [-1, 0, 1]) + 1, columns=list(names))
    wave = Wave.of(answers, Codebook(tuple(items)), name="foreign")
    return bare(wave, Model.parse("EFF01 ~ TRU01\nJOY01 ~ TRU01", name="paths"))


@lru_cache(maxsize=1)
def lost() -> Analysis:
    """The reference analysis, had its fit not converged."""
    of = reference()
    empty = np.full_like(of.found.vcov, np.nan)
    found = replace(of.found, converged=False, cause="no minimum was found", vcov=empty, scaled=None)
    done = replace(of.study, found=found, reliability=reliability(found))
    return replace(of, study=done, inquiry=None, sensitivity=pd.DataFrame(), certificate=None, comparison=None)


ANALYSES = {"reference": reference, "gapped": gapped, "foreign": foreign, "lost": lost}


@lru_cache(maxsize=12)
def front(part: str, name: str = "reference", lang: str = "en") -> Section:
    """One of the three first parts of the report of an analysis."""
    of = ANALYSES[name]()
    make = {"planned": planned.section, "sampled": sampled.section, "diagnosed": diagnosed.section}[part]
    return make(of, words_of(of, lang))


def words_of(of: Analysis, lang: str = "en") -> Words:
    """Language and the wave's own labels."""
    return Words(lang, called(of.wave.codebook))


def document(*sections: Section, lang: str = "en") -> Document:
    """A document of some sections."""
    return Document("Test", "", lang, sections)


def lacking(*sections: Section) -> dict[int, tuple[str, ...]]:
    """Item → points that these sections don't meet; items that they meet are left out."""
    return {score.item.number: score.lacking for score in scores(document(*sections)) if score.lacking}


def met(*sections: Section) -> set[int]:
    """Items of which every point is met."""
    return {score.item.number for score in scores(document(*sections)) if score.met}


def blocks(section: Section, name: str) -> tuple[Block, ...]:
    """The blocks below a heading."""
    return next(each for each in section.walk() if each.name == name).blocks


def paragraphs(section: Section) -> list[Paragraph]:
    """Every paragraph, also those of lists."""
    found = []
    for each in section.walk():
        for block in each.blocks:
            found += [block] if isinstance(block, Paragraph) else list(getattr(block, "entries", ()))
    return found


def said(section: Section, words: Words) -> str:
    """All paragraphs as text, with every reference filled in; fails where a reference leads nowhere."""
    at = numbering(document(section, lang=words.lang))
    return "\n".join(str(referred(one.text, at, words)) for one in paragraphs(section))


def numbers_of(section: Section, fragment: str) -> tuple[Num, ...]:
    """The numbers of the paragraph that holds a fragment."""
    found = [one for one in paragraphs(section) if fragment in str(one.text)]
    assert len(found) == 1, f"{len(found)} paragraphs hold {fragment!r}"
    return found[0].numbers
