"""Terms: a condition as alternatives, each naming a finding once."""

from __future__ import annotations

import math

import msgspec
import pytest

from service.engine.atoms import OneOf, Selection, Within
from service.engine.terms import Term, terms_of
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.conditions import Condition

_PLACES = frozenset({"heel", "toes", "sole"})


def _terms(knowledge: Knowledge, condition: object) -> tuple[Term, ...]:
    return terms_of(msgspec.convert(condition, Condition), knowledge)


def _yes(finding: str) -> OneOf:
    return OneOf(finding, frozenset({True}))


def _no(finding: str) -> OneOf:
    return OneOf(finding, frozenset({False}))


@pytest.mark.parametrize(
    ("condition", "terms"),
    [
        ("ache", ((_yes("ache"),),)),
        ({"not": "ache"}, ((_no("ache"),),)),
        ({"finding": "side", "is": "left"}, ((OneOf("side", frozenset({"left"})),),)),
        ({"finding": "side", "is": ["left", "both"]}, ((OneOf("side", frozenset({"left", "both"})),),)),
        (
            {"finding": "where", "includes": ["heel", "toes"]},
            ((Selection("where", _PLACES, (frozenset({"heel", "toes"}),), _PLACES),),),
        ),
        ({"finding": "where", "only": ["heel"]}, ((Selection("where", _PLACES, (), frozenset({"heel"})),),)),
        ({"finding": "pain", "at_least": 8}, ((Within("pain", low=8),),)),
        ({"finding": "pain", "more_than": 8}, ((Within("pain", low=8, low_open=True),),)),
        ({"finding": "pain", "at_most": 8}, ((Within("pain", high=8),),)),
        ({"finding": "pain", "less_than": 8}, ((Within("pain", high=8, high_open=True),),)),
        ({"finding": "pain", "at_least": 0, "at_most": 0}, ((Within("pain", 0, 0),),)),
        ({"finding": "pain", "more_than": 0, "less_than": 9}, ((Within("pain", 0, 9, True, True),),)),  # noqa: FBT003
    ],
)
def test_each_form_is_one_atom(small_knowledge: Knowledge, condition: object, terms: tuple[Term, ...]) -> None:
    """A condition on one finding becomes one term with one atom."""
    assert _terms(small_knowledge, condition) == terms


def test_a_derivation_with_a_condition_is_written_out(small_knowledge: Knowledge) -> None:
    """The condition of a derivation replaces its name."""
    assert _terms(small_knowledge, "sweaty") == ((_yes("hot_run"),), (_yes("salty"),))


def test_a_measure_stays_a_finding_of_its_own(small_knowledge: Knowledge) -> None:
    """A measured derivation is a finding of its own, known or unknown."""
    assert _terms(small_knowledge, "jump") == ((_yes("jump"),),)


def test_all_joins_and_any_parts(small_knowledge: Knowledge) -> None:
    """`all` multiplies the alternatives, and `any` adds them."""
    terms = _terms(small_knowledge, {"all": ["ache", {"any": ["shoe", {"not": "salty"}]}]})
    assert terms == ((_yes("ache"), _yes("shoe")), (_yes("ache"), _no("salty")))


def test_at_least_of_takes_every_group_of_that_size(small_knowledge: Knowledge) -> None:
    """Two of three are three pairs."""
    terms = _terms(small_knowledge, {"at_least_of": 2, "of": ["ache", "shoe", "salty"]})
    assert terms == (
        (_yes("ache"), _yes("shoe")),
        (_yes("ache"), _yes("salty")),
        (_yes("shoe"), _yes("salty")),
    )


def test_a_term_names_a_finding_once(small_knowledge: Knowledge) -> None:
    """Two ranges of one finding become their overlap."""
    both = {"all": [{"finding": "pain", "at_least": 3}, {"finding": "pain", "less_than": 8}]}
    assert _terms(small_knowledge, both) == ((Within("pain", 3, 8, high_open=True),),)


def test_a_term_that_can_never_hold_is_dropped(small_knowledge: Knowledge) -> None:
    """A contradictory alternative is dropped, and a condition without alternatives never holds."""
    assert _terms(small_knowledge, {"all": ["ache", {"not": "ache"}]}) == ()
    assert _terms(small_knowledge, {"any": [{"all": ["ache", {"not": "ache"}]}, "shoe"]}) == ((_yes("shoe"),),)
    empty = {"all": [{"finding": "pain", "at_least": 8}, {"finding": "pain", "at_most": 7}]}
    assert _terms(small_knowledge, empty) == ()


def test_a_term_replaces_those_that_imply_it(small_knowledge: Knowledge) -> None:
    """An alternative that implies a shorter one is dropped."""
    assert _terms(small_knowledge, {"any": [{"all": ["ache", "shoe"]}, "ache", "ache"]}) == ((_yes("ache"),),)


def test_an_open_side_is_unbounded(small_knowledge: Knowledge) -> None:
    """A range with one bound is infinite on the other side."""
    ((atom,),) = _terms(small_knowledge, {"finding": "pain", "at_least": 8})
    assert isinstance(atom, Within)
    assert (atom.low, atom.high) == (8, math.inf)
