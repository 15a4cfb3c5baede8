"""The knowledge as one frozen value, and what identifies it."""

from __future__ import annotations

import hashlib
from functools import cached_property

import msgspec

from service.knowledge.schema import (
    Cause,
    Checklist,
    Derivation,
    EmergencyNumbers,
    Fact,
    Finding,
    Fix,
    Id,
    LevelText,
    Notice,
    Policy,
    RedFlag,
    Retired,
    RunningRule,
    RunningText,
    Source,
    Speaker,
    Statement,
    SymptomText,
)
from service.model.scales import Level, Running


class Knowledge(msgspec.Struct, frozen=True, kw_only=True, dict=True, omit_defaults=True, eq=False):
    """Every clinical statement, rule, threshold and source of the service, in file order.

    Knowledge is hashable by identity; compare its content by `digest`.
    """

    policy: Policy
    levels: dict[Level, LevelText]
    running: dict[Running, RunningText]
    running_rules: tuple[RunningRule, ...]
    emergency_numbers: EmergencyNumbers
    notices: dict[Id, Notice]
    sources: dict[str, Source]
    speakers: dict[Id, Speaker]
    facts: dict[str, Fact]
    background: tuple[Statement, ...]
    about: tuple[SymptomText, ...]
    retired: dict[Id, Retired]
    findings: dict[Id, Finding]
    subjects: dict[str, tuple[Id, ...]]
    checklists: dict[Id, Checklist]
    derivations: dict[Id, Derivation]
    red_flags: dict[Id, RedFlag]
    causes: dict[Id, Cause]
    fixes: dict[Id, Fix]

    @cached_property
    def digest(self) -> str:
        """`sha256:` and the hex digest of the knowledge as JSON: equal knowledge, equal digest."""
        return "sha256:" + hashlib.sha256(msgspec.json.encode(self)).hexdigest()
