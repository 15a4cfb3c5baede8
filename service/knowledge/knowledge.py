"""The knowledge as one frozen value with a digest."""

from __future__ import annotations

import hashlib
from functools import cached_property

import msgspec

from service.knowledge.schema.causes import Cause
from service.knowledge.schema.checklists import Checklist
from service.knowledge.schema.derivations import Derivation
from service.knowledge.schema.emergency_numbers import EmergencyNumbers
from service.knowledge.schema.findings import Finding, Retired
from service.knowledge.schema.fixes import Fix
from service.knowledge.schema.levels import LevelText
from service.knowledge.schema.policy import Policy
from service.knowledge.schema.red_flags import RedFlag
from service.knowledge.schema.running import RunningRule, RunningText
from service.knowledge.schema.scalars import Id
from service.knowledge.schema.sources import Fact, Source, Speaker
from service.knowledge.schema.statements import Notice, Statement, SymptomText
from service.model.scales import Level, Running


class Knowledge(msgspec.Struct, frozen=True, kw_only=True, dict=True, omit_defaults=True, eq=False):
    """The clinical knowledge of the service, in file order.

    It holds every statement, rule, threshold and source.

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
        """The SHA-256 digest of the knowledge as JSON.

        It consists of `sha256:` and hex digits. Equal knowledge has an equal digest.
        """
        return "sha256:" + hashlib.sha256(msgspec.json.encode(self)).hexdigest()
