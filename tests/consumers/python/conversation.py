"""A back end with generated types: conversation, batch and two mistakes."""

from __future__ import annotations

import json
import sys

from triage_client import AuthenticatedClient
from triage_client.api.knowledge import read_knowledge_entry
from triage_client.api.triage import assess, assess_batch
from triage_client.models import (
    Assessment,
    AssessmentRequest,
    AssessmentRequestFindingsType0,
    BatchItem,
    Group,
    GroupKind,
    ItemKind,
    KnowledgeEntry,
    KnowledgeKindName,
    Problem,
    Runner,
)

TRUE = ("cramp_on_hills", "hills_new_or_increased")


def check(claim: bool, otherwise: str) -> None:  # noqa: FBT001 - it reads as a sentence
    """Exit with a message unless the claim holds."""
    if not claim:
        raise SystemExit(otherwise)


class Conversation:
    """One report that grows with the answers."""

    def __init__(self, client: AuthenticatedClient) -> None:
        self.client = client
        self.findings: dict[str, object] = {"calf_cramp": True}
        self.not_known: list[str] = []

    def request(self, **findings: object) -> AssessmentRequest:
        """The report with these findings."""
        return AssessmentRequest(
            runner=Runner(age_years=34, country="US"),
            findings=AssessmentRequestFindingsType0.from_dict(findings),
            not_known=self.not_known,
        )

    def ask(self) -> Assessment:
        """The assessment, after a check of the received values."""
        assessment = assess.sync(client=self.client, body=self.request(**self.findings))
        if not isinstance(assessment, Assessment):
            raise SystemExit(f"rejected: {assessment}")
        check(assessment.received.findings == len(self.findings), "a finding is missing in `received`")
        check(assessment.received.not_known == len(self.not_known), "an id is missing in `received`")
        return assessment

    def answer(self, group: Group) -> None:
        """Answer each item: yes if it is true of this runner."""
        for item in group.items:
            if group.kind is GroupKind.CHECKLIST or item.kind is ItemKind.BOOLEAN:
                self.findings[item.id] = item.id in TRUE
            else:
                self.not_known.append(item.id)

    def batch(self) -> list[int]:
        """The statuses of a batch with a rejected item."""
        good, misspelt = self.request(calf_cramp=True), self.request(calf_cramps=True)
        results = assess_batch.sync(client=self.client, body=[good, misspelt, good])
        if not isinstance(results, list):
            raise SystemExit(f"rejected: {results}")
        for result in results:
            check(isinstance(result, BatchItem), "a result is a batch item")
            check((result.status == 200) == isinstance(result.assessment, Assessment), "an assessment comes with 200")
            check((result.status != 200) == isinstance(result.problem, Problem), "a problem comes with another status")
        return [result.status for result in results]

    def misspelt(self) -> str:
        """The suggested name for a misspelt red flag."""
        rejected = assess.sync(client=self.client, body=self.request(calf_cramp=True, swelling_one_legs=True))
        if isinstance(rejected, Problem) and rejected.errors:
            return str(rejected.errors[0].nearest)
        return "accepted"


def main(address: str) -> None:
    """Hold the conversation and print a report of it."""
    # If the service requires no key, it does not read one.
    client = AuthenticatedClient(base_url=address, token=address, raise_on_unexpected_status=True)
    app = Conversation(client)
    first = last = app.ask()
    calls = 1
    while not last.interview.should_stop and calls < 6:
        for group in last.interview.groups:
            app.answer(group)
        last = app.ask()
        calls += 1
    entry = read_knowledge_entry.sync(KnowledgeKindName.CAUSES, "uphill_increase", client=client)
    if not isinstance(entry, KnowledgeEntry):
        raise SystemExit("the cause has no entry")
    check(entry.digest == last.knowledge.digest, "the knowledge is that of the response")
    report = {
        "first": first.triage.level,
        "calls": calls,
        "last": last.triage.level,
        "fixes": bool(last.fixes),
        "batch": app.batch(),
        "misspelt": app.misspelt(),
    }
    print(json.dumps(report))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
