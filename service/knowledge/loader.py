"""Reads a knowledge folder into one `Knowledge`.

It reports every fault at once, by file and path.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from service.errors import Issue, KnowledgeFault
from service.knowledge.knowledge import Knowledge
from service.knowledge.lint import lint
from service.knowledge.schema.causes import Cause
from service.knowledge.schema.checklists import Checklist
from service.knowledge.schema.derivations import Derivation
from service.knowledge.schema.emergency_numbers import EmergencyNumbers
from service.knowledge.schema.findings import Retired, Vocabulary
from service.knowledge.schema.fixes import Fix
from service.knowledge.schema.levels import LevelText
from service.knowledge.schema.policy import Policy
from service.knowledge.schema.red_flags import RedFlag
from service.knowledge.schema.running import RunningRule, RunningText
from service.knowledge.schema.scalars import Id
from service.knowledge.schema.sources import Fact, Source, Speaker
from service.knowledge.schema.statements import Notice, Statement, SymptomText
from service.knowledge.yaml_reader import read_yaml
from service.model.scales import Level, Running

SHIPPED = Path(__file__).parent / "data"
_REFERENCE = Path(__file__).parent / "reference"

_SINGLE: dict[str, Any] = {
    "policy": Policy,
    "levels": dict[Level, LevelText],
    "running": dict[Running, RunningText],
    "running_rules": tuple[RunningRule, ...],
    "emergency_numbers": EmergencyNumbers,
    "notices": dict[Id, Notice],
    "sources": dict[str, Source],
    "speakers": dict[Id, Speaker],
    "background": tuple[Statement, ...],
    "about": tuple[SymptomText, ...],
    "retired": dict[Id, Retired],
}
_FOLDERS: dict[str, Any] = {
    "checklists": Checklist,
    "derivations": Derivation,
    "red_flags": RedFlag,
    "causes": Cause,
    "fixes": Fix,
}
_KNOWN = {f"{name}.yaml" for name in _SINGLE} | {*_FOLDERS, "findings", "vignettes"}

T = TypeVar("T")


def load(folder: Path = SHIPPED) -> Knowledge:
    """Load the knowledge in `folder`, with the shipped reference.

    Raises `KnowledgeFault` with every fault found.
    """
    return _Reading(folder).knowledge()


class _Reading:
    """One pass over a folder that collects all issues.

    It does not stop at the first one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.issues: list[Issue] = []

    def knowledge(self) -> Knowledge:
        self._unknown_entries()
        single = {name: self._file(self.folder / f"{name}.yaml", kind) for name, kind in _SINGLE.items()}
        folders = {name: self._entries(name, kind) for name, kind in _FOLDERS.items()}
        findings, subjects = self._vocabulary()
        facts = self._facts()
        if self.issues:
            raise KnowledgeFault(tuple(self.issues))
        knowledge = Knowledge(**single, **folders, findings=findings, subjects=subjects, facts=facts)  # type: ignore[arg-type]
        if issues := tuple(lint(knowledge)):
            raise KnowledgeFault(issues)
        return knowledge

    def _unknown_entries(self) -> None:
        if not self.folder.is_dir():
            raise KnowledgeFault((Issue(self.folder.name, "", "is not a folder"),))
        for entry in sorted(self.folder.iterdir()):
            if entry.name not in _KNOWN:
                self._issue(entry, "", "is not a file of the knowledge")

    def _vocabulary(self) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
        """Return the findings by id, and the ids of each subject."""
        findings: dict[str, Any] = {}
        subjects: dict[str, tuple[str, ...]] = {}
        for path in self._files("findings"):
            vocabulary = self._file(path, Vocabulary)
            if vocabulary is None:
                continue
            if vocabulary.subject in subjects:
                self._issue(path, "subject", "is in another file already")
            subjects[vocabulary.subject] = tuple(vocabulary.findings)
            for id_, finding in vocabulary.findings.items():
                if id_ in findings:
                    self._issue(path, f"findings.{id_}", "is in another file already")
                findings[id_] = finding
        return findings, subjects

    def _facts(self) -> dict[str, Fact]:
        facts: dict[str, Fact] = {}
        for path in sorted(_REFERENCE.glob("*.yaml")):
            for id_, fact in (self._file(path, dict[str, Fact]) or {}).items():
                if id_ in facts:
                    self._issue(path, id_, "is in another file already")
                facts[id_] = fact
        return facts

    def _entries(self, name: str, kind: type[T]) -> dict[str, T]:
        entries: dict[str, T] = {}
        for path in self._files(name):
            entry = self._file(path, kind)
            if entry is None:
                continue
            if entry.id != path.stem:  # type: ignore[attr-defined]
                self._issue(path, "id", f"must be the file's name, '{path.stem}'")
            entries[path.stem] = entry
        return entries

    def _files(self, name: str) -> list[Path]:
        folder = self.folder / name
        if not folder.is_dir():
            self._issue(folder, "", "is missing")
            return []
        for path in sorted(folder.iterdir()):
            if path.suffix != ".yaml":
                self._issue(path, "", "is not a YAML file")
        return sorted(folder.glob("*.yaml"))

    def _file(self, path: Path, kind: type[T]) -> T | None:
        try:
            return msgspec.convert(read_yaml(path.read_text(encoding="utf-8")), kind, strict=True)
        except FileNotFoundError:
            self._issue(path, "", "is missing")
        except UnicodeDecodeError:
            self._issue(path, "", "is not UTF-8")
        except yaml.YAMLError as fault:
            self._issue(path, "", " ".join(str(fault).split()))
        except msgspec.ValidationError as fault:
            says, _, where = str(fault).partition(" - at ")
            self._issue(path, where.strip("`").removeprefix("$").removeprefix("."), says)
        return None

    def _issue(self, path: Path, where: str, says: str) -> None:
        file = (
            path.relative_to(self.folder) if path.is_relative_to(self.folder) else path.relative_to(_REFERENCE.parent)
        )
        self.issues.append(Issue(str(file), where, says))
