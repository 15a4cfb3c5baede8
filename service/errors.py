"""Every way in which the service says no.

    TriageError
    ├── KnowledgeFault    the knowledge files are wrong: every fault, each with file and path
    ├── SettingsFault     the settings are wrong: every fault, each with its name
    │   └── UnreadableFile a file that a setting names cannot be read
    ├── ForeignAnswers    a file of answers is not that of these requests and this knowledge
    └── RequestFault      a request cannot be answered; `kind` names the problem type
        ├── MalformedBody the body is not JSON (400)
        │   └── IncompleteBody the connection ended before the body did (400, and nobody is there to read it)
        ├── BrokenContract the body is JSON that breaks the contract (422), with every fault
        ├── InvalidQuery   the query has a parameter or a value that the path does not have (422)
        ├── UnknownEntry   the knowledge holds no such kind or entry (404)
        ├── SlowBody       the body did not arrive in time (408)
        ├── LargeBody      the body is larger than the limit (413)
        ├── ForeignMedia   the body is said to be of a media type that is not taken (415)
        ├── ForeignCoding  the body is compressed (415)
        ├── Unidentified   no key came, or none that is known (401)
        ├── Barred         the key is known and opens nothing any more (403)
        ├── RateSpent      too many requests came from the same sender (429)
        └── Overloaded     more is in hand than can be answered soon, or than there is room for (503)

Errors carry facts; the edge words them. None carries a value from a request.
"""

from __future__ import annotations

from dataclasses import dataclass


class TriageError(Exception):
    """Base of every error that the service raises on purpose."""


@dataclass(frozen=True)
class Issue:
    """One thing wrong with the knowledge: where, and what."""

    file: str
    path: str
    says: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.path, self.says) if part)


class KnowledgeFault(TriageError):
    """The knowledge cannot be used; `issues` names everything that is wrong with it."""

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        super().__init__(f"{len(issues)} faults in the knowledge")
        self.issues = issues


class SettingsFault(TriageError):
    """The settings cannot be used; `faults` names each setting and what is wrong with it."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class UnreadableFile(SettingsFault):
    """A file that a setting names cannot be read; it may be readable later without a change."""


class ForeignAnswers(TriageError):
    """What a file of answers holds is not what the requests and the knowledge of today give."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a request body; `pointer` is a JSON Pointer, `nearest` the nearest known name."""

    pointer: str
    code: str
    detail: str
    nearest: str | None = None


class RequestFault(TriageError):
    """A request that cannot be answered."""


class MalformedBody(RequestFault):
    """The body is not one JSON document; `code` and `detail` say in which way."""

    def __init__(self, code: str, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        self.fault = Fault(pointer, code, detail)


class IncompleteBody(MalformedBody):
    """The connection ended before the body did: the fault of a network, or of a client that gave up."""

    def __init__(self) -> None:
        super().__init__("incomplete", "the connection ended before the body did")


class BrokenContract(RequestFault):
    """The body is JSON and breaks the contract; `faults` names every way that can be told at once."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(f"{len(faults)} faults in the request")
        self.faults = faults


class InvalidQuery(RequestFault):
    """The query has a parameter or a value that the path does not have; `faults` names every one."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(f"{len(faults)} faults in the query")
        self.faults = faults


class UnknownEntry(RequestFault):
    """The knowledge holds no such kind or entry."""


class SlowBody(RequestFault):
    """The body did not arrive in time."""


class LargeBody(RequestFault):
    """The body is larger than the limit."""


class ForeignMedia(RequestFault):
    """The body is not said to be of one of the media types in `taken`."""

    def __init__(self, taken: tuple[str, ...]) -> None:
        super().__init__()
        self.taken = taken


class ForeignCoding(RequestFault):
    """The body is compressed or otherwise coded."""


class Unidentified(RequestFault):
    """No key came with the request, or none that is known."""


class Barred(RequestFault):
    """The key is known, and it was revoked or its partner disabled."""

    def __init__(self, partner: str, key: str) -> None:
        super().__init__(partner)
        self.partner = partner
        self.key = key


class RateSpent(RequestFault):
    """Whoever sent this has asked as much as its rate limit allows."""


class Overloaded(RequestFault):
    """More requests are in hand than can be answered soon, or more bytes of arrays than there is room for."""
