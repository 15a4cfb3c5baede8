"""Sources of causes and fixes, collected from their statements."""

from __future__ import annotations

from service.knowledge.schema.causes import Cause, Weight
from service.knowledge.schema.fixes import Fix
from service.knowledge.schema.statements import Statement


def sources_of(entry: Cause | Fix) -> tuple[str, ...]:
    """Return the sources that the statements of an entry cite.

    They are in order of first mention.
    """
    cited: tuple[Statement | Weight, ...]
    if isinstance(entry, Cause):
        cited = (*entry.mechanism, *entry.caveats, *entry.supports, *entry.opposes, *entry.see_someone)
    else:
        cited = (*entry.steps, *entry.caveats)
    return tuple(dict.fromkeys(source for statement in cited for source in statement.sources))
