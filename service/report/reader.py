"""The strict reader of request bodies.

It reads a body against the vocabulary and reports all faults at once. It never coerces or clamps a value, and no fault
repeats one. Telemetry and the country are the exception. An unusable value of theirs is dropped and listed,
so that it never causes a rejection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from service.errors import BrokenContract, Fault
from service.knowledge.schema.findings import Finding, Retired
from service.report.fields import Refused, country, field_of
from service.report.json_body import decoded
from service.report.names import Names, pointer
from service.report.report import Dropped, ReceivedCounts, Report, Reported
from service.report.training import TrainingReader

_COUNTRY: Final = "country"


class KnownNames(Protocol):
    """The part of the knowledge that a request reader needs."""

    @property
    def findings(self) -> Mapping[str, Finding]:
        """All findings by id.

        Each belongs to one part of a request.
        """

    @property
    def retired(self) -> Mapping[str, Retired]:
        """The names of an earlier contract."""


class RequestReader:
    """A request reader for one vocabulary.

    `read` keeps no state.
    """

    def __init__(self, knowledge: KnownNames) -> None:
        findings: dict[str, dict[str, Finding]] = {"runner": {}, "findings": {}, "training": {}}
        for id_, finding in knowledge.findings.items():
            findings[finding.place][id_] = finding
        self._fields = {
            part: {id_: field_of(finding) for id_, finding in findings[part].items()} for part in ("runner", "findings")
        }
        self._booleans = {
            part: frozenset(id_ for id_, finding in findings[part].items() if finding.kind == "boolean")
            for part in self._fields
        }
        runner = {**findings["runner"], _COUNTRY: None}
        parts: dict[str, Mapping[str, object]] = {**findings, "runner": runner, "not_known": findings["findings"]}
        self._names = Names({"": dict.fromkeys(parts), **parts}, knowledge.retired)
        self._parts = frozenset(parts)
        self._ids = frozenset(findings["findings"])
        self._training = TrainingReader(findings["training"], self._names)

    def read(self, body: bytes) -> Report:
        """Return the report in `body`.

        Raises `MalformedBody` or `BrokenContract` if the body is not a valid request.
        """
        request = decoded(body)
        if not isinstance(request, dict):
            raise BrokenContract((Fault("", "type", "must be an object"),))
        faults: list[Fault] = []
        ignored: list[Dropped] = []
        for name in request:
            if name not in self._parts:
                faults.append(self._unknown("", name, len(faults)))
        runner = self._object(request, "runner", faults)
        findings = self._object(request, "findings", faults)
        not_known = request.get("not_known")
        training = request.get("training")

        sent_country = None
        if _COUNTRY in runner:
            sent_country = _read_country(runner[_COUNTRY], ignored)
            runner = {name: value for name, value in runner.items() if name != _COUNTRY}
        known: dict[str, Reported] = {}
        runner_count = self._read("runner", runner, known, faults) + (sent_country is not None)
        findings_count = self._read("findings", findings, known, faults)
        ids = () if not_known is None else self._read_ids(not_known, faults)
        if faults:
            raise BrokenContract(tuple(faults))
        measured = {} if training is None else self._training.read(training, ignored)
        known.update(measured)
        return Report(
            known=known,
            not_known=frozenset(ids),
            country=sent_country,
            ignored=tuple(sorted(ignored)) if ignored else (),
            received=ReceivedCounts(runner_count, findings_count, len(measured), len(ids)),
        )

    def _unknown(self, part: str, name: str, reported: int) -> Fault:
        code, detail, nearest = self._names.fault(part, name, reported)
        return Fault(pointer(f"/{part}" if part else "", name), code, detail, nearest)

    def _object(self, request: Mapping[str, Any], part: str, faults: list[Fault]) -> Mapping[str, Any]:
        sent = request.get(part)
        if isinstance(sent, dict):
            return sent
        if sent is not None:
            faults.append(Fault(f"/{part}", "type", "must be an object"))
        return {}

    def _read(self, part: str, sent: Mapping[str, Any], known: dict[str, Reported], faults: list[Fault]) -> int:
        """Read the values of `sent` into `known`.

        The result is the number of values that are not null.
        """
        fields, booleans = self._fields[part], self._booleans[part]
        nulls = 0
        for name, value in sent.items():
            if (value is True or value is False) and name in booleans:
                known[name] = value
                continue
            field = fields.get(name)
            if field is None:
                faults.append(self._unknown(part, name, len(faults)))
            elif value is None:
                nulls += 1
            else:
                try:
                    read = field(value)
                except Refused as refused:
                    faults += (Fault(f"/{part}/{name}{it.below}", it.code, it.detail) for it in refused.parts)
                else:
                    if read is not None:
                        known[name] = read
        return len(sent) - nulls

    def _read_ids(self, sent: object, faults: list[Fault]) -> tuple[str, ...]:
        """Return the ids in `sent`, which may repeat one."""
        if not isinstance(sent, list):
            faults.append(Fault("/not_known", "type", "must be a list of finding ids"))
            return ()
        for place, id_ in enumerate(sent):
            if not isinstance(id_, str):
                faults.append(Fault(f"/not_known/{place}", "type", "must be the id of a finding"))
            elif id_ not in self._ids:
                code, detail, nearest = self._names.fault("not_known", id_, len(faults))
                faults.append(Fault(f"/not_known/{place}", code, detail, nearest))
        return tuple(sent)


def _read_country(value: object, ignored: list[Dropped]) -> str | None:
    if value is None:
        return None
    try:
        return country(value)
    except Refused as refused:
        ignored.append(Dropped(f"/runner/{_COUNTRY}", refused.code, refused.detail))
        return None
