"""The reader of the vignettes.

A vignette is a story of a runner with the right level and causes. The vignettes evaluate the knowledge and are not part
of it. Only `check`, `diff` and `scorecard` read them, never the server.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import yaml
from msgspec import Meta

from service.errors import Issue, KnowledgeFault
from service.knowledge.knowledge import Knowledge
from service.knowledge.places import Place
from service.knowledge.schema.cases import CaseRequest
from service.knowledge.schema.entry import Entry
from service.knowledge.schema.scalars import Id, Sentence
from service.knowledge.yaml_reader import read_yaml
from service.model.scales import Level

FOLDER = "vignettes"
_PLACES = ("runner", "findings", "training")


class Expectation(Entry, frozen=True, kw_only=True):
    """The right response.

    A level in `acceptable` does not count as over-triage. `must_escalate` is true if a lower level would be dangerous.
    `leads` is the first cause. `top_3` are causes among the first three. `without_fixes` must not be shown.
    """

    level: Level
    acceptable: tuple[Level, ...] = ()
    must_escalate: bool = False
    leads: Id | None = None
    top_3: tuple[Id, ...] = ()
    without_fixes: tuple[Id, ...] = ()


class Vignette(CaseRequest, frozen=True, kw_only=True):
    """A request about one runner, with the right response.

    `name` is a sentence about the runner. `rules` are the rows of the clinical reference that the vignette tests.
    `sources` is empty if the right response rests on general knowledge or a convention.
    """

    name: Sentence
    rules: Annotated[tuple[str, ...], Meta(min_length=1)]
    expect: Expectation
    sources: tuple[str, ...]


class VignetteFile(Entry, frozen=True, kw_only=True):
    """The vignettes on one subject."""

    subject: Sentence
    vignettes: tuple[Vignette, ...]


def read(folder: Path, knowledge: Knowledge) -> tuple[Vignette, ...]:
    """Return the vignettes of the knowledge folder `folder`.

    The result is empty if the folder has none. Raises `KnowledgeFault` with all faults.
    """
    files, issues = {}, []
    for path in sorted((folder / FOLDER).glob("*")):
        file = f"{FOLDER}/{path.name}"
        try:
            files[file] = _file(path)
        except (ValueError, yaml.YAMLError, msgspec.ValidationError) as fault:
            says, _, where = " ".join(str(fault).split()).partition(" - at ")
            issues.append(Issue(file, where.strip("`").removeprefix("$."), says))
    issues.extend(_faults(files, knowledge))
    if issues:
        raise KnowledgeFault(tuple(issues))
    return tuple(vignette for file in files.values() for vignette in file.vignettes)


def _file(path: Path) -> VignetteFile:
    if path.suffix != ".yaml":
        raise ValueError("is not a YAML file")
    return msgspec.convert(read_yaml(path.read_text(encoding="utf-8")), VignetteFile, strict=True)


def _faults(files: dict[str, VignetteFile], knowledge: Knowledge) -> Iterator[Issue]:
    names: set[str] = set()
    for file, subject in files.items():
        for number, vignette in enumerate(subject.vignettes):
            place = Place(file, f"vignettes[{number}]")
            if vignette.name in names:
                yield place.issue("another vignette has this name")
            names.add(vignette.name)
            for says in (*_unknown(vignette, knowledge), *_contradictions(vignette.expect)):
                yield place.issue(says)


def _unknown(vignette: Vignette, knowledge: Knowledge) -> Iterator[str]:
    for place in _PLACES:
        known = {id_ for id_, finding in knowledge.findings.items() if finding.place == place}
        known |= {"country"} if place == "runner" else set()
        yield from (f"'{name}' is not a finding of {place}" for name in getattr(vignette, place).keys() - known)
    yield from (f"'{name}' is not a finding" for name in vignette.not_known if name not in knowledge.findings)
    yield from (f"'{rule}' is not a fact of the reference" for rule in vignette.rules if rule not in knowledge.facts)
    yield from (f"'{source}' is not a source" for source in vignette.sources if source not in knowledge.sources)
    expected = vignette.expect
    causes = (*expected.top_3, *((expected.leads,) if expected.leads else ()))
    yield from (f"'{cause}' is not a cause" for cause in causes if cause not in knowledge.causes)
    yield from (f"'{fix}' is not a fix" for fix in expected.without_fixes if fix not in knowledge.fixes)


def _contradictions(expected: Expectation) -> Iterator[str]:
    if any(level.rank <= expected.level.rank for level in expected.acceptable):
        yield "an acceptable level must be above the expected one"
    if expected.must_escalate and expected.level.rank < Level.CONSULTATION_24.rank:
        yield "must_escalate belongs to consultation_24 and above"
