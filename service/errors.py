"""The exceptions that the service raises.

    TriageError
    ├── KnowledgeFault               the knowledge files are wrong: every fault, each with file and path
    ├── SettingsFault                the settings are wrong: every fault, each with its name
    │   └── UnreadableFile           a file that a setting names cannot be read
    ├── AnswersMismatch              a file of answers does not belong to these requests and this knowledge
    └── RequestFault                 a request cannot be answered; `kind` names the problem type
        ├── MalformedBody            the body is not JSON (400)
        │   └── IncompleteBody       the connection ended before the body did (400, never sent)
        ├── BrokenContract           the body is JSON that breaks the contract (422), with every fault
        ├── InvalidQuery             the query has a parameter or a value that the path does not have (422)
        ├── UnknownEntry             the knowledge has no such kind or entry (404)
        ├── BodyTimeout              the body did not arrive in time (408)
        ├── BodyTooLarge             the body is larger than the limit (413)
        ├── UnsupportedMediaType     the body does not declare a supported media type (415)
        ├── UnsupportedContentCoding the body is compressed (415)
        ├── Unauthorized             the request has no key, or an unknown one (401)
        ├── Forbidden                the key is known, but revoked, or its partner is disabled (403)
        ├── RateLimited              too many requests came from the same sender (429)
        └── Overloaded               the service is overloaded, or its memory for arrays is full (503)

Errors carry facts. `service/problems.py` has the text of each problem, and `service/report/` that of each fault in a
body. No error carries a value from a request.
"""

from __future__ import annotations

from dataclasses import dataclass


class TriageError(Exception):
    """Base class of the errors that the service raises on purpose."""


@dataclass(frozen=True)
class Issue:
    """A fault in the knowledge, with its file and path."""

    file: str
    path: str
    says: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.path, self.says) if part)


class KnowledgeFault(TriageError):
    """Raised if the knowledge is invalid.

    `issues` lists every fault in it.
    """

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        super().__init__(f"{len(issues)} faults in the knowledge")
        self.issues = issues


class SettingsFault(TriageError):
    """Raised if the settings are invalid.

    `faults` lists each wrong setting with its fault.
    """

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class UnreadableFile(SettingsFault):
    """Raised if a file that a setting names cannot be read.

    The file may become readable later without a change.
    """


class AnswersMismatch(TriageError):
    """Raised if a file of answers does not match the current answers.

    The current answers come from the same requests and the current knowledge.
    """


@dataclass(frozen=True)
class Fault:
    """A fault in a request.

    `pointer` is a JSON Pointer, and `nearest` is the nearest known name.
    """

    pointer: str
    code: str
    detail: str
    nearest: str | None = None


class RequestFault(TriageError):
    """Base class of the errors for requests that cannot be answered."""


class MalformedBody(RequestFault):
    """Raised if the body is not one JSON document.

    `code` and `detail` describe the fault.
    """

    def __init__(self, code: str, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        self.fault = Fault(pointer, code, detail)


class IncompleteBody(MalformedBody):
    """Raised if the connection ends before the body does.

    The network failed, or the client left.
    """

    def __init__(self) -> None:
        super().__init__("incomplete", "the connection ended before the body did")


class BrokenContract(RequestFault):
    """Raised if a JSON body breaks the contract.

    `faults` lists every fault that can be found at once.
    """

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(f"{len(faults)} faults in the request")
        self.faults = faults


class InvalidQuery(RequestFault):
    """Raised if the query has an unknown parameter or value.

    The path defines the known ones. `faults` lists every fault.
    """

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(f"{len(faults)} faults in the query")
        self.faults = faults


class UnknownEntry(RequestFault):
    """Raised if the knowledge has no such kind or entry."""


class BodyTimeout(RequestFault):
    """Raised if the body does not arrive in time."""


class BodyTooLarge(RequestFault):
    """Raised if the body is larger than the limit."""


class UnsupportedMediaType(RequestFault):
    """Raised if the body does not declare a supported media type.

    `taken` lists the supported media types.
    """

    def __init__(self, taken: tuple[str, ...]) -> None:
        super().__init__()
        self.taken = taken


class UnsupportedContentCoding(RequestFault):
    """Raised if the body is compressed or otherwise encoded."""


class Unauthorized(RequestFault):
    """Raised if a request has no key or an unknown one."""


class Forbidden(RequestFault):
    """Raised if a known key is revoked or its partner is disabled."""

    def __init__(self, partner: str, key: str) -> None:
        super().__init__(partner)
        self.partner = partner
        self.key = key


class RateLimited(RequestFault):
    """Raised if the sender has used up its rate limit."""


class Overloaded(RequestFault):
    """Raised if the service is overloaded.

    More requests are in progress than it can answer soon, or more bytes of arrays than it has room for.
    """
