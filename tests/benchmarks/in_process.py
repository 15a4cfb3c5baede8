"""One response in process, compared with msgspec alone.

msgspec alone only decodes the request and encodes the response. `python -m tests.benchmarks.in_process` prints the
ratio for the first and the last call of a conversation, in processor time; `make test` uses it to detect a collapse.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from math import ceil, floor
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import load
from service.knowledge.schema.findings import Finding
from service.model.assessment import Assessment
from tests.benchmarks import corpus
from tests.benchmarks.timing import Work, best

RECORD = Path(__file__).with_name("ratio.json")
ROUNDS = 40

_STRICT_PLACES = ("runner", "findings")

# A type checker accepts these for types only; here they are built from the knowledge.
_LITERAL: Final[Any] = Literal
_ANNOTATED: Final[Any] = Annotated
_LIST: Final[Any] = list


class Floor(NamedTuple):
    """Average seconds per request: ours, and four ways of msgspec alone."""

    ours: float
    decode_plain: float
    decode_typed: float
    encode_plain: float
    encode_typed: float

    @property
    def plain(self) -> float:
        """Ours relative to msgspec with dictionaries and lists."""
        return self.ours / (self.decode_plain + self.encode_plain)

    @property
    def typed(self) -> float:
        """Ours relative to msgspec with Structs."""
        return self.ours / (self.decode_typed + self.encode_typed)

    @property
    def ratio(self) -> float:
        """Ours relative to the quicker way of each."""
        floor = min(self.decode_plain, self.decode_typed) + min(self.encode_plain, self.encode_typed)
        return self.ours / floor


def measure(knowledge: Knowledge, bodies: Sequence[bytes], rounds: int = ROUNDS) -> Floor:
    """Measure one of `bodies` in each way, in turns."""
    engine = Engine(knowledge)
    answers = [engine.answer(engine.read(body)).body for body in bodies]
    plain = [msgspec.json.decode(answer) for answer in answers]
    typed = [msgspec.json.decode(answer, type=Assessment) for answer in answers]
    decode = msgspec.json.Decoder().decode
    decode_typed = msgspec.json.Decoder(request_type(knowledge)).decode
    encode = msgspec.json.Encoder().encode
    works: dict[str, Work] = {
        "ours": lambda: [engine.answer(engine.read(body)).body for body in bodies],
        "decode_plain": lambda: [decode(body) for body in bodies],
        "decode_typed": lambda: [decode_typed(body) for body in bodies],
        "encode_plain": lambda: [encode(answer) for answer in plain],
        "encode_typed": lambda: [encode(answer) for answer in typed],
    }
    seconds = best(works, rounds)
    return Floor(**{name: seconds[name] / len(bodies) for name in works})


def request_type(knowledge: Knowledge) -> type[msgspec.Struct]:
    """The request as a fully typed Struct, the quickest to read.

    Telemetry and the country are not typed, because they never cause a rejection.
    """
    parts: dict[str, Any] = {
        place: {id_: type_of(finding) for id_, finding in knowledge.findings.items() if finding.place == place}
        for place in _STRICT_PLACES
    }
    parts["runner"]["country"] = Any
    structs: dict[str, Any] = {place: _struct(place, fields) for place, fields in parts.items()}
    return _struct("request", structs | {"training": Any, "not_known": list[str]})


def type_of(finding: Finding) -> Any:
    """The values of a finding as a type for a decoder."""
    if finding.kind == "boolean":
        return bool
    if finding.kind == "choice":
        return _LITERAL[finding.values]
    if finding.kind == "choices":
        return _ANNOTATED[_LIST[_LITERAL[finding.values]], Meta(max_length=len(finding.values))]
    least, most = finding.minimum or 0, finding.maximum or 0
    if finding.kind == "integer":
        return _ANNOTATED[int, Meta(ge=ceil(least), le=floor(most))]
    number = _ANNOTATED[float, Meta(ge=least, le=most)]
    if finding.kind == "series":
        return _ANNOTATED[_LIST[number], Meta(min_length=finding.min_items or 0, max_length=finding.max_items or 0)]
    return number


def _struct(name: str, fields: Mapping[str, Any]) -> type[msgspec.Struct]:
    typed = [(field, kind | None, None) for field, kind in fields.items()]
    return msgspec.defstruct(name, typed, forbid_unknown_fields=True, kw_only=True)


def keep(ratio: float) -> None:
    """Store the ratio for later comparisons."""
    RECORD.write_text(json.dumps({"ratio": round(ratio, 2)}) + "\n", encoding="utf-8")


def kept() -> float:
    """The stored ratio."""
    return float(json.loads(RECORD.read_text(encoding="utf-8"))["ratio"])


if __name__ == "__main__":
    sys.stdout.write(f"{measure(load(), [corpus.first_call(), corpus.last_call()]).ratio}\n")
