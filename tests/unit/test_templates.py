"""Templates: parts of a response encoded once, with holes."""

from __future__ import annotations

import msgspec
import pytest

from service.engine.templates import HOLE, Template, array, boolean, encode
from service.model.fixes import WithheldFix


def test_a_filled_template_is_the_whole_part_encoded() -> None:
    """Text with a per cent sign, quotes and placeholders is encoded as in a complete encoding."""
    for id_ in ('100 % of "it"', "%b", "%s%%"):
        filled = Template(WithheldFix(id=id_, label="Rest", because=HOLE), "because").fill(encode(["a", "b"]))
        assert filled == encode(WithheldFix(id=id_, label="Rest", because=("a", "b")))


def test_holes_are_filled_in_their_order() -> None:
    """The order is that of the members."""
    template = Template(WithheldFix(id=HOLE, label="Rest", because=HOLE), "id", "because")
    filled = msgspec.json.decode(template.fill(b'"x"', b"[]"))
    assert (filled["id"], filled["because"]) == ("x", [])


def test_holes_in_another_order_are_refused() -> None:
    """Holes in another order are an error, because values would change places."""
    with pytest.raises(ValueError, match="has the holes"):
        Template(WithheldFix(id=HOLE, label="Rest", because=HOLE), "because", "id")


@pytest.mark.parametrize("holes", [(), ("id",), ("because", "id")])
def test_a_forgotten_member_fails_when_the_template_is_made(holes: tuple[str, ...]) -> None:
    """A hole without a name, and a name without a hole, are errors at creation."""
    with pytest.raises(ValueError, match="has the holes"):
        Template(WithheldFix(id="x", label="Rest", because=HOLE), *holes)


def test_arrays_and_booleans_are_json() -> None:
    """Empty arrays are JSON too."""
    assert [msgspec.json.decode(part) for part in (array([]), array([b"1", b"2"]))] == [[], [1, 2]]
    assert (boolean(value=True), boolean(value=False)) == (b"true", b"false")
