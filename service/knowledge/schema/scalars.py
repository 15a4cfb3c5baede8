"""Texts, ids and numbers that the knowledge files consist of."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

Id = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*\Z", max_length=64)]
FactId = Annotated[str, Meta(pattern=r"^A[0-9]{2}\Z")]
Sentence = Annotated[str, Meta(min_length=3, max_length=700)]
Label = Annotated[str, Meta(min_length=2, max_length=120)]
Number = int | float
Value = bool | int | float | str | list[float | str]
Referral = Literal[
    "emergency_department",
    "primary_care",
    "physical_therapist",
    "endocrinologist",
    "podiatrist",
    "sports_medicine",
    "vascular_specialist",
    "prescriber_or_pharmacist",
    "maternity_care",
]
