"""The items whose yes alone is an emergency.

An app sends such an answer immediately.
"""

from __future__ import annotations

from service.engine.implied import Implications
from service.engine.rulebook import Rulebook
from service.knowledge.knowledge import Knowledge
from service.report.report import Report


def send_at_once(rulebook: Rulebook, implications: Implications) -> frozenset[str]:
    """Return the yes/no items that alone set an emergency level.

    The findings that an item implies count as well.
    """
    knowledge: Knowledge = rulebook.knowledge
    least = knowledge.policy.send_at_once_from.rank
    urgent = rulebook.terms_of(pattern for pattern, flag in rulebook.red_flags.items() if flag.level.rank >= least)
    return frozenset(
        id_
        for checklist in knowledge.checklists.values()
        for id_ in checklist.items
        if knowledge.findings[id_].kind == "boolean"
        and rulebook.matcher.match(implications.facts(Report({id_: True})).known).fired & urgent
    )
