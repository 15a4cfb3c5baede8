"""Reads a request that is right in every way, at the speed of a compiled decoder; of any other it says nothing.

The types hold what the readers of `fields.py` take and nothing more, so what is read here they would read alike.
"""

from __future__ import annotations

from math import ceil, floor
from typing import Annotated, Any, Final, Literal, TypedDict

import msgspec
from msgspec import Meta

from service.report.fields import COUNTRY, NOT_SENT
from service.report.report import Report
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema import Finding

# What a type checker takes for types only, made here of what the knowledge says.
_TYPED_DICT: Final[Any] = TypedDict
_LITERAL: Final[Any] = Literal
_ANNOTATED: Final[Any] = Annotated
_LIST: Final[Any] = list
_TUPLE: Final[Any] = tuple

_MISSING: Final = (None, NOT_SENT)
"""What says no more of a finding than to leave it out."""


class TypedReader:
    """The reader for one vocabulary; `read` keeps no state."""

    def __init__(self, knowledge: Knowledge) -> None:
        findings = knowledge.findings.items()
        parts: dict[str, dict[str, Any]] = {
            place: {id_: type_of(finding) for id_, finding in findings if finding.place == place}
            for place in ("runner", "findings", "training")
        }
        parts["runner"]["country"] = Annotated[str, Meta(pattern=COUNTRY)]
        parts["safety_screen"] = dict.fromkeys(("none_of_these", *knowledge.safety_screen.questions), bool)
        request = {place: _part(place, fields) | None for place, fields in parts.items()}
        self._decode = msgspec.json.Decoder(_part("request", request)).decode
        self._sets = tuple(id_ for id_, finding in findings if finding.kind == "choices")

    def read(self, body: bytes) -> Report | None:
        """The report in `body`; None where something about it is wrong or unusual."""
        try:
            request = self._decode(body)
        except (ValueError, RecursionError):
            return None
        runner, findings = request.get("runner") or {}, request.get("findings") or {}
        training, screen = request.get("training") or {}, request.get("safety_screen") or {}
        # The decoder passes over unknown names and keeps the last of equal ones: then colons outnumber names.
        names = len(request) + len(runner) + len(findings) + len(training) + len(screen)
        if body.count(b":") != names or list(findings.values()).count(None) == len(findings):
            return None
        country = runner.pop("country", None)
        none_of_these = screen.pop("none_of_these", None)
        known = {
            name: value
            for part in (runner, findings, training)
            for name, value in part.items()
            if value not in _MISSING
        }
        for id_ in self._sets:
            if id_ in known:
                known[id_] = frozenset(known[id_])
        if None in screen.values():
            screen = {id_: said for id_, said in screen.items() if said is not None}
        return Report(known, screen, none_of_these or False, country)


def _part(name: str, fields: dict[str, Any]) -> Any:
    return _TYPED_DICT(name, {id_: kind | None for id_, kind in fields.items()}, total=False)


def type_of(finding: Finding) -> Any:
    """The values that `finding` takes, as a type that a decoder holds them to."""
    if finding.kind == "boolean":
        return bool
    if finding.kind == "choice":
        return _LITERAL[finding.values]
    if finding.kind == "choices":
        return _ANNOTATED[_LIST[_LITERAL[finding.values]], Meta(min_length=1, max_length=len(finding.values))]
    least, most = finding.minimum or 0, finding.maximum or 0
    if finding.kind == "integer":
        return _ANNOTATED[int, Meta(ge=ceil(least), le=floor(most))]
    number = _ANNOTATED[float, Meta(ge=least, le=most)]
    if finding.kind == "series":
        return _ANNOTATED[
            _TUPLE[number, ...], Meta(min_length=finding.min_items or 0, max_length=finding.max_items or 0)
        ]
    return number
