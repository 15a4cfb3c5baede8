"""Moulds: what is encoded once, with gaps."""

from __future__ import annotations

import msgspec

from service.engine.templates import GAP, encode, flag, listed, mould
from service.model.assessment import WithheldFix


def test_a_filled_mould_is_the_whole_part_encoded() -> None:
    """Text with a per cent sign, quotes and gaps of its own comes out as if encoded at once."""
    for id_ in ('100 % of "it"', "%b", "%s%%"):
        told = mould(WithheldFix(id=id_, because=GAP)) % encode(["a", "b"])
        assert told == encode(WithheldFix(id=id_, because=("a", "b")))


def test_lists_are_json() -> None:
    """Empty ones too."""
    assert [msgspec.json.decode(part) for part in (listed([]), listed([b"1", b"2"]))] == [
        [],
        [1, 2],
    ]
    assert (flag(claim=True), flag(claim=False)) == (b"true", b"false")
