"""Reads a request body strictly against the vocabulary and tells every fault at once.

Nothing is coerced or clamped, and no fault repeats a value: a name is repeated in a pointer only where it is
close enough to a known one to be a misspelling of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, NoReturn

import msgspec

from service.report.fields import Field, Refused, country, field_of, screen_answer
from service.report.report import Report, Reported
from service.report.typed import TypedReader
from service.errors import BrokenContract, Fault, MalformedBody
from service.knowledge.knowledge import Knowledge

_LONGEST_NAME = 64
_ALMOST_EQUAL = 0.85
_MOST_COMPARED = 20
"""Names of which the nearest is looked for: it takes a millisecond each, and a body has room for thousands."""

_MISSPELT = re.compile(r"[A-Za-z_]{1,64}")
_BYTE = re.compile(r"\(byte ([0-9]+)\)$")
_PLACES = ("runner", "findings", "training", "safety_screen")
_NONE_OF_THESE = "none_of_these"
_COUNTRY = "country"
TOO_DEEP = Fault("", "too_deep", "is nested deeper than any request")
"""A body that no parser should follow to its end."""

_NOTHING: Mapping[str, Any] = {}


class RequestReader:
    """The reader for one vocabulary; `read` keeps no state."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._typed = TypedReader(knowledge)
        self._fields: dict[str, dict[str, Field]] = {place: {} for place in _PLACES}
        for id_, finding in knowledge.findings.items():
            self._fields[finding.place][id_] = field_of(finding)
        self._fields["runner"][_COUNTRY] = country
        for id_ in (_NONE_OF_THESE, *knowledge.safety_screen.questions):
            self._fields["safety_screen"][id_] = screen_answer

    def read(self, body: bytes) -> Report:
        """The report in `body`; raises `MalformedBody` or `BrokenContract`."""
        return self._typed.read(body) or self.read_closely(body)

    def read_closely(self, body: bytes) -> Report:
        """The same, value by value, so that every fault can be told."""
        request = _decoded(body)
        if body.count(b":") != _members(request):
            _refuse_equal_names(body)
        faults: list[Fault] = []
        places = self._places(request, faults)
        read = {place: self._read(place, sent, faults) for place, sent in places.items()}
        if faults:
            raise BrokenContract(tuple(faults))
        runner, screen = read["runner"], read["safety_screen"]
        sent_country = runner.pop(_COUNTRY, None)
        return Report(
            known={**runner, **read["findings"], **read["training"]},
            screen=screen,
            none_of_these=screen.pop(_NONE_OF_THESE, False),
            country=sent_country,
        )

    def _places(self, request: object, faults: list[Fault]) -> dict[str, Mapping[str, Any]]:
        if not isinstance(request, dict):
            raise BrokenContract((Fault("", "type", "must be an object"),))
        places: dict[str, Mapping[str, Any]] = dict.fromkeys(_PLACES, _NOTHING)
        for name, sent in request.items():
            if name not in places:
                faults.append(_unknown("", name, _PLACES, len(faults)))
            elif isinstance(sent, dict):
                places[name] = sent
            elif sent is not None or name == "findings":
                faults.append(Fault(f"/{name}", "type", "must be an object"))
        if "findings" not in request:
            faults.append(Fault("/findings", "required", "is required"))
        elif isinstance(request["findings"], dict) and all(v is None for v in request["findings"].values()):
            faults.append(Fault("/findings", "nothing_known", "must say at least one finding that is not null"))
        return places

    def _read(self, place: str, sent: Mapping[str, Any], faults: list[Fault]) -> dict[str, Any]:
        fields = self._fields[place]
        read: dict[str, Reported] = {}
        for name, value in sent.items():
            field = fields.get(name)
            if field is None:
                faults.append(self._misplaced(place, name) or _unknown(f"/{place}", name, fields, len(faults)))
            elif value is not None:
                try:
                    known: Reported | None = field(value)
                except Refused as refused:
                    faults += (Fault(f"/{place}/{name}{part.below}", part.code, part.detail) for part in refused.parts)
                else:
                    if known is not None:
                        read[name] = known
        return read

    def _misplaced(self, place: str, name: str) -> Fault | None:
        """What is wrong with a known name in the wrong part of the request."""
        right = next((other for other in _PLACES if name in self._fields[other]), None)
        if right is None:
            return None
        return Fault(f"/{place}/{name}", "unknown_property", f"belongs in {right}", f"{right}/{name}")


def _decoded(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        raise BrokenContract((TOO_DEEP,)) from None
    except msgspec.ValidationError:
        return _decoded_with_any_number(body)
    except ValueError as found:
        raise malformed(body, found) from None


def malformed(body: bytes, found: ValueError) -> MalformedBody:
    """In which way `body` is not JSON, and near which byte (from 0) where what a parser `found` tells that."""
    if not body.strip():
        return MalformedBody("empty", "the body is empty")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as fault:
        return MalformedBody("invalid_utf8", f"the body is not UTF-8 at byte {fault.start}")
    if byte := _BYTE.search(str(found)):
        return MalformedBody("invalid_json", f"the body stops being one JSON document near byte {byte[1]}")
    return MalformedBody("invalid_json", "the body is not one JSON document")


def _decoded_with_any_number(body: bytes) -> object:
    """`body` by the standard library: JSON may hold numbers that no float can, which a range then refuses."""
    try:
        request: object = json.loads(body.decode("utf-8"), parse_int=float, parse_constant=_refuse_constant)
        json.dumps(request, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise BrokenContract((TOO_DEEP,)) from None
    except ValueError as found:
        raise malformed(body, found) from None
    return request


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError


def _members(request: object) -> int:
    """How many names a request of the right shape has: as many as its body has colons outside strings."""
    if not isinstance(request, dict):
        return 0
    count = len(request)
    for part in request.values():
        if isinstance(part, dict):
            count += len(part)
    return count


def _refuse_equal_names(body: bytes) -> None:
    """Raises `MalformedBody` where an object gives one name twice, of which a parser would drop one."""

    def pairs(members: list[tuple[str, object]]) -> None:
        if len({name for name, _ in members}) != len(members):
            raise MalformedBody("duplicate_name", "an object gives one name twice")

    try:
        json.loads(body, object_pairs_hook=pairs, parse_int=float)
    except RecursionError:
        raise BrokenContract((TOO_DEEP,)) from None


def _unknown(place: str, name: str, names: Mapping[str, object] | tuple[str, ...], told: int) -> Fault:
    """The fault of a name that is not known; the nearest is looked for while few faults were told."""
    near = get_close_matches(name[:_LONGEST_NAME], names, n=1) if told < _MOST_COMPARED else []
    if not near:
        return Fault(place, "unknown_property", "holds a property that is not known")
    if not _MISSPELT.fullmatch(name) or not get_close_matches(name, near, cutoff=_ALMOST_EQUAL):
        return Fault(
            place, "unknown_property", f"holds a property that is not known; the nearest is {near[0]}", near[0]
        )
    return Fault(f"{place}/{name}", "unknown_property", f"is not known; the nearest is {near[0]}", near[0])
