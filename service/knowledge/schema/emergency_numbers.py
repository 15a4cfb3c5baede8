"""Types of the emergency numbers."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from service.knowledge.schema.entry import Entry
from service.model.scales import Evidence


class EmergencyNumber(Entry, frozen=True, kw_only=True):
    """The emergency number of one country."""

    number: Annotated[str, Meta(pattern=r"^[0-9]{2,4}\Z")]
    evidence: Evidence
    sources: tuple[str, ...] = ()


class EmergencyNumbers(Entry, frozen=True, kw_only=True):
    """Emergency numbers by ISO 3166-1 alpha-2 country.

    `default` is the number to give if the country is not known.
    """

    default: EmergencyNumber
    countries: dict[Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")], EmergencyNumber]
