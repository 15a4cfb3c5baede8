"""`explain=full` adds the reasons for absent entries, and the sources."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from service.engine import Engine
from service.knowledge.citations import sources_of
from service.knowledge.knowledge import Knowledge
from service.knowledge.reviews import NOT_REVIEWED, digest_of
from service.knowledge.schema.causes import Cause
from service.knowledge.schema.fixes import Fix
from service.knowledge.schema.red_flags import RedFlag
from service.knowledge.schema.statements import Statement, SymptomText
from service.model.explanation import CitedSource, Explanation, SourcedStatement


def _explained(engine: Engine, **request: Any) -> tuple[bytes, bytes, Explanation]:
    report = engine.read(json.dumps(request).encode())
    return engine.answer(report).body, engine.answer_explained(report).body, engine.explain(engine.decide(report))


def test_the_decision_s_bytes_stay_the_same(small_engine: Engine) -> None:
    """The explanation is one additional member after the bytes of the plain response."""
    plain, explained, _ = _explained(small_engine, findings={"ache": True, "hot_run": True})
    assert explained.startswith(plain[:-1] + b',"explanation":{')
    without = json.loads(explained)
    del without["explanation"]
    assert without == json.loads(plain)


def test_an_unfired_rule_names_the_deciding_findings(small_engine: Engine) -> None:
    """An unfired rule lists the reported findings that decided it; a rule without open findings is settled."""
    _, _, explanation = _explained(small_engine, findings={"sign_1": False, "near_miss": True})
    rules = {rule.rule: (rule.decided_by, rule.waiting_for) for rule in explanation.unfired_rules}
    assert rules == {
        "clot": (("sign_1",), ()),
        "swollen": (("sign_1",), ()),
        "wobble": ((), ("hot_run", "salty")),
    }


def test_an_unfired_rule_has_its_level(small_engine: Engine) -> None:
    """An unfired rule has its own level, not that of the response."""
    _, _, explanation = _explained(small_engine, findings={"sign_1": False, "near_miss": True})
    levels = {rule.rule: rule.level for rule in explanation.unfired_rules}
    assert levels == {"clot": "emergency", "swollen": "consultation_24", "wobble": "consultation"}


def test_every_failed_alternative_is_among_the_deciding_findings(small_engine: Engine) -> None:
    """Both a number below its threshold and an absent sign are listed; a finding that holds is not."""
    _, _, explanation = _explained(small_engine, findings={"sign_1": True, "sign_2": False, "pain": 3})
    decided_by = {rule.rule: rule.decided_by for rule in explanation.unfired_rules}
    assert decided_by == {"clot": ("sign_2", "severe_pain")}


def test_a_number_that_answers_an_item_is_named_by_the_item(small_engine: Engine) -> None:
    """An age of 34 denies the item "under 18", and the rule on it is settled."""
    _, _, explanation = _explained(small_engine, runner={"age_years": 34})
    rules = {rule.rule: (rule.decided_by, rule.waiting_for) for rule in explanation.unfired_rules}
    assert rules == {"young": (("under_18",), ())}


def test_a_rule_without_reported_findings_is_omitted(small_engine: Engine) -> None:
    """The explanation omits rules without a reported finding."""
    _, _, explanation = _explained(small_engine, findings={"ache": True})
    assert explanation.unfired_rules == ()


def test_an_unlisted_cause_names_the_findings_responsible(small_engine: Engine) -> None:
    """An excluded or outweighed cause lists the findings responsible."""
    findings = {"ache": True, "shoe": True, "salty": False}
    _, _, explanation = _explained(small_engine, findings=findings)
    unlisted = {cause.cause: (cause.points, cause.left_out_by) for cause in explanation.unlisted_causes}
    assert unlisted == {"heat_loss": (0, ("shoe",)), "load": (-2, ("salty",))}


def test_exclusion_is_named_before_outweighing(small_engine: Engine) -> None:
    """An excluded cause is reported as excluded whatever its points, and a listed cause never as unlisted."""
    findings = {"ache": True, "hot_run": True, "shoe": True, "side": "both"}
    _, _, explanation = _explained(small_engine, findings=findings, training={"km": [30, 40]})
    unlisted = {cause.cause: (cause.points, cause.left_out_by) for cause in explanation.unlisted_causes}
    assert unlisted == {"heat_loss": (1, ("shoe", "side"))}


def test_a_listed_cause_hides_no_unlisted_one_behind_it(small_engine: Engine) -> None:
    """The first cause in rank is listed, and the second is reported as unlisted."""
    _, _, explanation = _explained(small_engine, findings={"ache": True, "salty": True})
    assert [cause.cause for cause in explanation.unlisted_causes] == ["load"]


def test_every_statement_shown_has_its_source(engine: Engine) -> None:
    """Each text of the listed causes and fixes is a sourced statement, and each source is complete."""
    findings = {"calf_cramp": True, "cramp_on_hills": True, "foot_numbness": True, "back_pain": True}
    plain, _, explanation = _explained(engine, findings=findings)
    answer = json.loads(plain)
    texts = {statement.text for statement in explanation.statements}
    shown = [step for fix in answer["fixes"] for step in (*fix["steps"], *fix["caveats"])]
    shown += [text for cause in answer["causes"] for text in (*cause["caveats"], *cause["see_someone"])]
    shown += [part["statement"] for cause in answer["causes"] for part in (*cause["supporting"], *cause["opposing"])]
    shown += [flag["rationale"] for flag in answer["red_flags"]]
    assert shown
    assert set(shown) <= texts
    cited = {source for statement in explanation.statements for source in statement.sources}
    assert cited == {source.id for source in explanation.sources}


def test_a_sourced_statement_equals_its_entry(engine: Engine, shipped: Knowledge) -> None:
    """A sourced statement equals its entry in the knowledge: owner, text, evidence, speaker, facts and sources."""
    reports: tuple[dict[str, Any], ...] = (
        {"calf_cramp": True, "cramp_on_hills": True, "foot_numbness": True, "back_pain": True},
        {"calf_cramp": True, "swelling_one_leg": True},
    )
    statements = [
        statement for findings in reports for statement in _explained(engine, findings=findings)[2].statements
    ]
    entries = {**shipped.red_flags, **shipped.causes, **shipped.fixes}
    about: dict[str, list[SymptomText]] = {}
    for text in shipped.about:
        about.setdefault(text.finding, []).append(text)
    found = {statement: (entries.get(statement.about), *about.get(statement.about, ())) for statement in statements}
    assert {type(entry) for some in found.values() for entry in some if entry} == {RedFlag, Cause, Fix, SymptomText}
    for statement, some in found.items():
        assert statement in [one for entry in some if entry for one in _sourced(statement.about, entry)]


def test_a_cited_source_is_the_knowledge_s_own(engine: Engine, shipped: Knowledge) -> None:
    """A cited source has the title, address and reading depth of its entry."""
    _, _, explanation = _explained(engine, findings={"calf_cramp": True, "cramp_on_hills": True})
    assert explanation.sources
    for cited in explanation.sources:
        source = shipped.sources[cited.id]
        assert cited == CitedSource(id=cited.id, title=source.title, status=source.status, url=source.url)


def test_the_notes_of_editors_are_in_the_explanation_only(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine]
) -> None:
    """Notes on statements, weights and fixes are in the explanation, not in the plain response."""
    load, fix = small_values["causes"]["load"], small_values["fixes"]["rest_it"]
    load["mechanism"][0]["note"] = "Note on the mechanism."
    load["supports"][1]["note"] = "Note on the weight."
    fix["steps"][0]["note"] = "Note on the step."
    fix["note"] = "Note on the fix."
    plain, explained, explanation = _explained(engine_of(small_values), findings={"ache": True, "hot_run": True})
    noted = {(statement.about, statement.note) for statement in explanation.statements if statement.note}
    assert noted >= {
        ("load", "Note on the mechanism."),
        ("load", "Note on the weight."),
        ("rest_it", "Note on the step."),
    }
    assert [(entry.id, entry.note) for entry in explanation.entries if entry.note] == [("rest_it", "Note on the fix.")]
    assert b"Note on" not in plain
    assert b"Note on the fix." in explained


def test_each_entry_shown_has_its_review_state(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine]
) -> None:
    """Red flags, causes and fixes name their reviewer, or say that no clinician has reviewed them."""
    cause = msgspec.convert(small_values["causes"]["load"], Cause)
    signature = {"by": "A. Reader", "role": "general practitioner", "on": "2026-01-31", "digest": digest_of(cause)}
    small_values["causes"]["load"]["review"] = signature
    findings = {"ache": True, "hot_run": True, "near_miss": True}
    _, _, explanation = _explained(engine_of(small_values), findings=findings)
    assert {entry.id: entry.review for entry in explanation.entries} == {
        "wobble": NOT_REVIEWED,
        "load": "reviewed by A. Reader, general practitioner, on 2026-01-31",
        "heat_loss": NOT_REVIEWED,
        "drink": NOT_REVIEWED,
        "rest_it": NOT_REVIEWED,
    }


def _sourced(about: str, entry: RedFlag | Cause | Fix | SymptomText) -> list[SourcedStatement]:
    """All statements of an entry, as an explanation shows them."""
    stated: Iterable[Statement]
    if isinstance(entry, RedFlag):
        rationale = Statement(text=entry.rationale, evidence=entry.evidence, facts=entry.facts, sources=entry.sources)
        stated = (rationale, *entry.statements)
    elif isinstance(entry, Cause):
        weights = (
            Statement(
                text=weight.statement,
                evidence=weight.evidence,
                facts=weight.facts,
                sources=weight.sources,
                note=weight.note,
            )
            for weight in (*entry.supports, *entry.opposes)
        )
        stated = (*entry.mechanism, *entry.caveats, *entry.see_someone, *weights)
    elif isinstance(entry, SymptomText):
        stated = entry.statements
    else:
        short = () if entry.short is None else (entry.short,)
        own = (Statement(text=text, evidence=entry.evidence, sources=sources_of(entry)) for text in short)
        stated = (*own, *entry.steps, *entry.caveats)
    return [
        SourcedStatement(
            about=about, text=it.text, evidence=it.evidence, by=it.by, facts=it.facts, sources=it.sources, note=it.note
        )
        for it in stated
    ]
