"""Fields: each kind of finding accepts its values, and no others."""

from __future__ import annotations

import pytest

from service.knowledge.schema.findings import Finding
from service.report.fields import Field, Refused, boolean, country, field_of

_ASK = "How is it?"
_SIDE = Finding(question=_ASK, kind="choice", values=("left", "right", "unknown"))
_WHERE = Finding(question=_ASK, kind="choices", values=("heel", "toes"))
_PAIN = Finding(question=_ASK, kind="integer", minimum=-1, maximum=10)
_LENGTH = Finding(question=_ASK, kind="number", minimum=0.3, maximum=2.6, unit="metres")
_TEMP = Finding(question=_ASK, kind="number", minimum=30.5, maximum=45)
_KM = Finding(question=_ASK, kind="series", minimum=0, maximum=500, min_items=2, max_items=3)
_YES = Finding(question=_ASK, kind="boolean")


def _read(field: Finding | Field, sent: object) -> object:
    """Compile for each value, so that the test covers compilation."""
    return (field_of(field) if isinstance(field, Finding) else field)(sent)


@pytest.mark.parametrize(
    ("field", "sent", "known"),
    [
        (_YES, True, True),
        (_YES, False, False),
        (_SIDE, "left", "left"),
        (_SIDE, "unknown", None),
        (_WHERE, ["heel"], frozenset({"heel"})),
        (_WHERE, ["toes", "heel"], frozenset({"heel", "toes"})),
        (_WHERE, ["heel", "heel"], frozenset({"heel"})),
        (_WHERE, [], frozenset()),
        (_PAIN, -1, -1),
        (_PAIN, 10, 10),
        (_PAIN, 7.0, 7),
        (_TEMP, 30.5, 30.5),
        (_TEMP, 45, 45),
        (_KM, [0, 500.0], (0, 500.0)),
        (_KM, [1, 2, 3], (1, 2, 3)),
        (boolean, True, True),
        (country, "US", "US"),
    ],
)
def test_a_value_of_the_right_kind_is_accepted(field: Finding | Field, sent: object, known: object) -> None:
    """Choices become a set and a series a tuple; "unknown" means "not sent", an empty list "none"."""
    read = _read(field, sent)
    assert read == known
    assert type(read) is type(known)


_ONE = "must be one of left, right, unknown"
_CODE = "must be two capital letters, an ISO 3166-1 alpha-2 code"
_SOME = "must be one of heel, toes"


@pytest.mark.parametrize(
    ("field", "sent", "refused"),
    [
        (_YES, 1, ("type", "must be true, false or null", "")),
        (_YES, "true", ("type", "must be true, false or null", "")),
        (_SIDE, 1, ("type", _ONE, "")),
        (_SIDE, "middle", ("not_a_choice", _ONE, "")),
        (_WHERE, "heel", ("type", "must be a list", "")),
        (_WHERE, ["heel", "toes", "heel"], ("too_many_items", "must have from 0 to 2 items", "")),
        (_WHERE, ["heel", None], ("type", _SOME, "/1")),
        (_WHERE, ["heel", 1], ("type", _SOME, "/1")),
        (_WHERE, ["sole"], ("not_a_choice", _SOME, "/0")),
        (_PAIN, True, ("type", "must be a whole number", "")),
        (_PAIN, "7", ("type", "must be a whole number", "")),
        (_PAIN, 7.5, ("type", "must be a whole number", "")),
        (_PAIN, -2, ("out_of_range", "must be from -1 to 10", "")),
        (_PAIN, 11, ("out_of_range", "must be from -1 to 10", "")),
        (_LENGTH, 1100, ("out_of_range", "must be from 0.3 to 2.6 metres", "")),
        (_TEMP, None, ("type", "must be a number", "")),
        (_TEMP, 30.4, ("out_of_range", "must be from 30.5 to 45", "")),
        (_TEMP, float("nan"), ("out_of_range", "must be from 30.5 to 45", "")),
        (_TEMP, float("inf"), ("out_of_range", "must be from 30.5 to 45", "")),
        (_KM, 5, ("type", "must be a list", "")),
        (_KM, [5], ("too_few_items", "must have from 2 to 3 items", "")),
        (_KM, [5, 5, 5, 5], ("too_many_items", "must have from 2 to 3 items", "")),
        (_KM, [5, "5"], ("type", "must be a number", "/1")),
        (_KM, [5, -1], ("out_of_range", "must be from 0 to 500", "/1")),
        (country, 1, ("type", "must be a string", "")),
        (country, "us", ("pattern", _CODE, "")),
        (country, "USA", ("pattern", _CODE, "")),
        (country, "US\n", ("pattern", _CODE, "")),
    ],
)
def test_any_other_value_is_refused(field: Finding | Field, sent: object, refused: tuple[str, str, str]) -> None:
    """No value is coerced or clamped; the fault has the code, the expected values, and the pointer."""
    with pytest.raises(Refused) as caught:
        _read(field, sent)
    assert (caught.value.code, caught.value.detail, caught.value.below) == refused
    assert str(caught.value) == refused[1]
