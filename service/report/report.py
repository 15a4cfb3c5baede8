"""What one request reports, with only what is known in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

NUMBER: Final = (int, float)
"""What a number is: a tuple, for a union would be made anew at each look."""

Value = bool | float | str | frozenset[str]

Reported = Value | tuple[float, ...]


class Report(msgspec.Struct, frozen=True):
    """One runner's report: known findings of every place by id, screen answers, and the country.

    A finding that is missing is unknown. `none_of_these` answers no to every screen question not in `screen`.
    """

    known: Mapping[str, Reported]
    screen: Mapping[str, bool] = {}
    none_of_these: bool = False
    country: str | None = None
