"""The lenient reader of telemetry.

Telemetry never causes a rejection. A value that cannot be used is dropped and listed, so it stays unknown. No detail
repeats a value.
"""

from __future__ import annotations

from collections.abc import Mapping

from service.knowledge.schema.findings import Finding
from service.report.fields import Refused, field_of
from service.report.names import Names, pointer
from service.report.plausibility import CONTRADICTIONS, unit_mistake
from service.report.report import Dropped, Reported

_SERIES = "the whole series is dropped, because a gap would shift its weeks"


class TrainingReader:
    """The reader of telemetry.

    `findings` are those of the part `training`.
    """

    def __init__(self, findings: Mapping[str, Finding], names: Names) -> None:
        self._findings = findings
        self._fields = {name: field_of(finding) for name, finding in findings.items()}
        self._names = names

    def read(self, sent: object, ignored: list[Dropped]) -> dict[str, Reported]:
        """Return the usable values of `sent`.

        Every other value is added to `ignored`.
        """
        known: dict[str, Reported] = {}
        if not isinstance(sent, dict):
            ignored.append(Dropped("/training", "type", "must be an object"))
            return known
        for name, value in sent.items():
            field = self._fields.get(name)
            if field is None:
                fault = self._names.fault("training", name, len(ignored))
                ignored.append(Dropped(pointer("/training", name), fault.code, fault.detail))
            elif value is not None:
                try:
                    read = field(value)
                except Refused as refused:
                    ignored.append(self._dropped(name, value, refused))
                else:
                    if read is not None:
                        known[name] = read
        for check in CONTRADICTIONS:
            for dropped in check(known):
                del known[dropped.pointer.removeprefix("/training/")]
                ignored.append(dropped)
        return known

    def _dropped(self, name: str, value: object, refused: Refused) -> Dropped:
        code, detail = refused.code, refused.detail
        finding = self._findings[name]
        item = value
        if refused.below and isinstance(value, list):
            item = value[int(refused.below.removeprefix("/"))]
        mistake = unit_mistake(name, finding, item) if code == "out_of_range" else None
        if mistake is not None:
            code, detail = mistake.code, mistake.detail
        if refused.below:
            detail = f"item {refused.below.removeprefix('/')}: {detail}; {_SERIES}"
        return Dropped(f"/training/{name}", code, detail)
