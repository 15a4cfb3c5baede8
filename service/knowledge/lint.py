"""Lint of the rules between knowledge files.

Each breach is one issue with file and path.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from service.knowledge import lint_asking, lint_checklists, lint_findings, lint_policy, lint_rules, lint_texts

if TYPE_CHECKING:
    from service.errors import Issue
    from service.knowledge.knowledge import Knowledge

_SUBJECTS = (lint_rules, lint_texts, lint_findings, lint_asking, lint_checklists, lint_policy)


def lint(knowledge: Knowledge) -> Iterator[Issue]:
    """Yield every breach of the rules between knowledge files."""
    for subject in _SUBJECTS:
        for check in subject.CHECKS:
            yield from check(knowledge)
