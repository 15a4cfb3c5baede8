"""What one request reports, with only what is known in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.engine.atoms import Value

Reported = Value | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Presentation:
    """One runner's report: known findings of every place by id, screen answers, and the country.

    A finding that is missing is unknown. `none_of_these` answers no to every screen question not in `screen`.
    """

    known: Mapping[str, Reported]
    screen: Mapping[str, bool] = field(default_factory=dict)
    none_of_these: bool = False
    country: str | None = None
