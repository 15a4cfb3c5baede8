"""The cost of one response against the size of the knowledge.

A copy is every red flag, derivation and cause under another name, ten or a hundred times. `apart` copies have findings
of their own, like a knowledge of other complaints. `behind` copies do so too, with the shipped findings last in the
vocabulary, where a report costs most. `entangled` copies have the same findings and one further sign, which is the
worst case: each report touches every copy, and none of them fires. No checklist asks about the findings of a copy, so
the decision stays the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from tests.benchmarks.timing import best

SIZES = (1, 10, 100)
_RULES = ("red_flags", "derivations", "causes")
_CONDITIONS = {
    *("when", "applies_when", "excluded_when", "measure"),
    *("asked_when", "implied_by", "implied_unless", "settled_by", "contradicted_by", "covered_by"),
}
"""The members of a rule or a finding that contain findings."""


class Grown(NamedTuple):
    """Average seconds for one request at each size."""

    kind: str
    seconds: dict[int, float]

    def times(self, size: int) -> float:
        """The time at `size`, relative to the shipped knowledge."""
        return self.seconds[size] / self.seconds[1]


def measure(knowledge: Knowledge, bodies: Sequence[bytes], rounds: int) -> list[Grown]:
    """The growth of the time for each kind of copies."""
    return [
        Grown(kind, _seconds({size: grown(knowledge, size - 1) for size in SIZES}, bodies, rounds))
        for kind, grown in (("apart", apart), ("behind", behind), ("entangled", entangled))
    ]


def apart(knowledge: Knowledge, copies: int) -> Knowledge:
    """`knowledge` with `copies` of every rule, over separate findings."""
    plain = msgspec.to_builtins(knowledge)
    names = knowledge.findings.keys() | knowledge.derivations.keys()
    for number in range(copies):
        renamed = {name: f"{name}_copy{number}" for name in names}

        def rename(value: str, renamed: dict[str, str] = renamed) -> str:
            return renamed.get(value, value)

        for id_, finding in knowledge.findings.items():
            copy = msgspec.to_builtins(finding)
            plain["findings"][renamed[id_]] = {name: _renamed(part, name, rename) for name, part in copy.items()}
        _add_copies(plain, knowledge, number, rename)
    return msgspec.convert(plain, Knowledge)


def behind(knowledge: Knowledge, copies: int) -> Knowledge:
    """The same as `apart`, with the copies' findings first."""
    grown = apart(knowledge, copies)
    own = {id_: finding for id_, finding in grown.findings.items() if id_ not in knowledge.findings}
    return msgspec.structs.replace(grown, findings={**own, **knowledge.findings})


def entangled(knowledge: Knowledge, copies: int) -> Knowledge:
    """`knowledge` with `copies` of every rule, over the same findings.

    A further sign, which is never reported, keeps them from firing.
    """
    plain = msgspec.to_builtins(knowledge)
    for number in range(copies):
        sign = f"sign_copy{number}"
        plain["findings"][sign] = {"question": "Is there one sign more?", "kind": "boolean"}
        _add_copies(plain, knowledge, number, lambda name: name)
        for kind, names in (("red_flags", ("when",)), ("causes", ("applies_when",))):
            for id_ in getattr(knowledge, kind):
                rule = plain[kind][f"{id_}_copy{number}"]
                rule.update({name: {"all": [rule[name], sign]} for name in names})
    return msgspec.convert(plain, Knowledge)


def _add_copies(plain: dict[str, Any], knowledge: Knowledge, number: int, rename: Callable[[str], str]) -> None:
    for kind in _RULES:
        for id_, rule in getattr(knowledge, kind).items():
            if kind == "derivations" and rename(id_) == id_:
                continue
            copy = msgspec.to_builtins(rule) | {"id": f"{id_}_copy{number}"}
            plain[kind][copy["id"]] = {name: _renamed(part, name, rename) for name, part in copy.items()}


def _renamed(part: Any, name: str, rename: Callable[[str], str]) -> Any:
    """A part with the new names of its findings."""
    if name in _CONDITIONS:
        return _renamed_condition(part, rename)
    if name in {"supports", "opposes"}:
        return [weight | {"when": _renamed_condition(weight["when"], rename)} for weight in part]
    return part


def _renamed_condition(part: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(part, str):
        return rename(part)
    if isinstance(part, dict):
        values = {"is", "includes", "only", "kind"}
        return {name: value if name in values else _renamed_condition(value, rename) for name, value in part.items()}
    return [_renamed_condition(item, rename) for item in part] if isinstance(part, tuple | list) else part


def _seconds(knowledges: dict[int, Knowledge], bodies: Sequence[bytes], rounds: int) -> dict[int, float]:
    engines = {size: Engine(knowledge) for size, knowledge in knowledges.items()}

    def answers(engine: Engine) -> Callable[[], object]:
        return lambda: [engine.answer(engine.read(body)).body for body in bodies]

    seconds = best({str(size): answers(engine) for size, engine in engines.items()}, rounds)
    return {size: seconds[str(size)] / len(bodies) for size in engines}
