"""A partner's back end: it asks, puts the questions to the runner, and asks again, with nothing but generated types."""

from __future__ import annotations

import json
import sys

from triage_client import AuthenticatedClient
from triage_client.api.knowledge import read_knowledge_entry
from triage_client.api.triage import assess
from triage_client.models import (
    Assessment,
    AssessmentRequest,
    Findings,
    KnowledgeEntry,
    Level,
    Problem,
    ProblemType,
    Question,
    QuestionKind,
    QuestionPurpose,
    ReadKnowledgeEntryKind,
    Runner,
    SafetyScreen,
    Training,
)


def check(claim: bool, what: str) -> None:  # noqa: FBT001 - it reads as a sentence
    """Fails with the claim in words."""
    if not claim:
        raise SystemExit(f"not so: {what}")


def ask(client: AuthenticatedClient, report: AssessmentRequest) -> Assessment:
    """The assessment of a report that is taken."""
    answer = assess.sync(client=client, body=report)
    if not isinstance(answer, Assessment):
        raise SystemExit(f"refused: {answer}")
    return answer


def answered(report: AssessmentRequest, questions: list[Question]) -> AssessmentRequest:
    """The report with a no at each place that a question names."""
    body = report.to_dict()
    for question in questions:
        part, name = question.answer_at.split("/")[1:]
        body.setdefault(part, {})[name] = False
    return AssessmentRequest.from_dict(body)


def main(address: str) -> None:
    """The conversation, a refusal, and a look at the knowledge."""
    # Where the service asks for no key, one that is sent is not looked at.
    client = AuthenticatedClient(base_url=address, token=address, raise_on_unexpected_status=True)
    first = AssessmentRequest(
        runner=Runner(age_years=34, country="US"),
        findings=Findings(calf_cramp=True, cramp_on_hills=True, hills_new_or_increased=True),
        training=Training(weekly_elevation_gain_m=[240, 610]),
    )
    provisional = ask(client, first)
    check(not provisional.triage.screen_complete, "the safety screen is open")
    check(provisional.triage.level is Level.CONSULTATION, "an open screen is no self-care")

    # This runner answers no to every yes-or-no question about safety, and is asked nothing else.
    safety = [question for question in provisional.questions if question.purpose is QuestionPurpose.SAFETY]
    settled = ask(client, answered(first, [one for one in safety if one.kind is QuestionKind.BOOLEAN]))
    check(settled.triage.screen_complete, "the safety screen is answered")
    check(settled.triage.level is Level.SELF_CARE, "nothing urgent is left")
    check(settled.causes[0].id == "uphill_increase", "hills lead")
    check(bool(settled.fixes), "there is something to try")

    # No to all in one word.
    first.safety_screen = SafetyScreen(none_of_these=True)
    check(ask(client, first).triage.screen_complete, "one word answers the screen")

    misspelt = AssessmentRequest.from_dict({"findings": {"calf_cramp": True}})
    misspelt.findings.calf_side = "middle"  # type: ignore[assignment]
    refused = assess.sync(client=client, body=misspelt)
    if not isinstance(refused, Problem):
        raise SystemExit("a wrong choice was taken")
    check(refused.type_ is ProblemType.URNRUNNER_TRIAGEPROBLEMBROKEN_CONTRACT, "the problem has its type")

    entry = read_knowledge_entry.sync(ReadKnowledgeEntryKind.CAUSES, "uphill_increase", client=client)
    if not isinstance(entry, KnowledgeEntry):
        raise SystemExit("the leading cause cannot be read")
    check(entry.digest == settled.knowledge.digest, "the cause is that of the knowledge that gave the answer")
    print(json.dumps({"provisional": provisional.triage.level, "settled": settled.triage.level}))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
