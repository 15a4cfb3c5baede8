"""Keys and their partners, and key changes while the service runs."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from service.access.keys import Keys, generate_key
from service.errors import Forbidden, SettingsFault, Unauthorized

Seen = list[tuple[str, object]]


class RecordedEvents:
    """Access events that a test can read."""

    def __init__(self) -> None:
        self.seen: Seen = []

    def note(self, event: str, **fields: object) -> None:
        """Record the event."""
        self.seen.append((event, fields))

    warn = note

    def limit_store_failed(self) -> None:
        """Record the event."""
        self.seen.append(("failed", 1))

    def keys_are_stale(self, *, is_stale: bool) -> None:
        """Record the event."""
        self.seen.append(("stale", is_stale))


def bearer(key: str) -> list[tuple[bytes, bytes]]:
    """The headers that carry a key."""
    return [(b"host", b"x"), (b"authorization", b"Bearer " + key.encode())]


def line(partner: str, key: str, more: str = "") -> str:
    """A partner with one key."""
    return f"  {partner}: {{keys: {{k1: {{sha256: {hashlib.sha256(key.encode()).hexdigest()}{more}}}}}}}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with one valid and one revoked key."""
    file = tmp_path / "keys.yaml"
    file.write_text("partners:\n" + line("good", "a-key") + line("bad", "b-key", ", revoked: true"))
    return file


def test_a_fresh_key_is_long_and_never_the_same() -> None:
    """Each key has 256 random bits, and its hash is printed for the keys file."""
    made = {generate_key() for _ in range(100)}
    assert len(made) == 100
    for key, hash_ in made:
        assert len(key.removeprefix("triage_")) == 43
        assert hashlib.sha256(key.encode()).hexdigest() == hash_


def test_a_key_names_its_partner(path: Path) -> None:
    """The scheme is case-insensitive, as in HTTP, and the key is case-sensitive."""
    keys = Keys(path, RecordedEvents())
    assert keys.partner_of(bearer("a-key")).id == "good"
    assert keys.partner_of([(b"authorization", b"bEARER a-key")]).id == "good"
    with pytest.raises(Unauthorized):
        keys.partner_of(bearer("A-key"))


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"authorization", b"a-key")],
        [(b"authorization", b"Basic a-key")],
        [(b"authorization", b"Bearer")],
        [(b"authorization", b"Bearer ")],
        [(b"authorization", b"Bearer \xff\x00")],
        [(b"x-api-key", b"a-key")],
        bearer("a-key") + bearer("a-key"),
        bearer("no-key"),
    ],
)
def test_every_other_way_of_asking_is_refused_alike(path: Path, headers: list[tuple[bytes, bytes]]) -> None:
    """Any other form of a key gets the same refusal, without a hint about the fault."""
    with pytest.raises(Unauthorized) as caught:
        Keys(path, RecordedEvents()).partner_of(headers)
    assert caught.value.args == ()


def test_a_revoked_key_is_known_and_refused(path: Path) -> None:
    """The log names the partner of a revoked key."""
    with pytest.raises(Forbidden) as caught:
        Keys(path, RecordedEvents()).partner_of(bearer("b-key"))
    assert (caught.value.partner, caught.value.key) == ("bad", "k1")


def test_a_file_that_did_not_change_is_not_read_again(path: Path) -> None:
    """A check costs one stat call, unless a reload is requested."""
    record = RecordedEvents()
    keys = Keys(path, record)
    keys.renew(is_forced=False)
    assert record.seen == []
    keys.renew(is_forced=True)
    assert record.seen == [("keys_read", {"pid": os.getpid(), "keys": 2}), ("stale", False)]


def test_a_link_that_leads_elsewhere_is_a_change(path: Path, tmp_path: Path) -> None:
    """A new link target is a change, because mounted secrets change by their link."""
    new = tmp_path / "new.yaml"
    new.write_text("partners:\n" + line("good", "c-key"))
    os.utime(new, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    link = tmp_path / "link"
    link.symlink_to(path)
    keys = Keys(link, RecordedEvents())
    (tmp_path / "next").symlink_to(new)
    (tmp_path / "next").replace(link)
    keys.renew(is_forced=False)
    assert keys.partner_of(bearer("c-key")).id == "good"
    with pytest.raises(Unauthorized):
        keys.partner_of(bearer("a-key"))


@pytest.mark.parametrize("text", [None, "partners: [", "partners: {}", "partners: !!int x", "partners: 2024-13-45"])
def test_a_bad_file_leaves_the_good_keys_in_use(path: Path, text: str | None) -> None:
    """A faulty file is logged once, keeps the valid keys in use, and is forgotten after a correction."""
    record = RecordedEvents()
    keys = Keys(path, record)
    good = path.read_text()
    path.unlink()
    if text is not None:
        path.write_text(text)
    keys.renew(is_forced=False)
    keys.renew(is_forced=False)
    assert keys.partner_of(bearer("a-key")).id == "good"
    assert [event for event, _ in record.seen] == ["keys_refused", "stale"]
    assert record.seen[-1] == ("stale", True)
    path.write_text(good + "\n")
    keys.renew(is_forced=False)
    assert record.seen[-1] == ("stale", False)


def _fail_to_open(monkeypatch: pytest.MonkeyPatch, path: Path, error: int = errno.EACCES) -> None:
    """Make opening `path` fail with a permission error, even for root."""

    def read_text(self: Path, **_: object) -> str:
        assert self == path
        raise OSError(error, os.strerror(error), str(self))

    monkeypatch.setattr(Path, "read_text", read_text)


@pytest.mark.parametrize("error", [errno.EACCES, errno.EIO, errno.EMFILE, errno.ESTALE])
def test_an_unreadable_file_is_read_at_the_next_look_after_it_is_readable(
    path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    """A failed read is retried at each check, whatever the file's stamp; it is logged once."""
    record = RecordedEvents()
    keys = Keys(path, record)
    path.write_text("partners:\n" + line("good", "a-key") + line("new", "n-key"))
    with monkeypatch.context() as patched:
        _fail_to_open(patched, path, error)
        for _ in range(3):
            keys.renew(is_forced=False)
        assert keys.partner_of(bearer("a-key")).id == "good"
        assert [event for event, _ in record.seen] == ["keys_refused", "stale"]
    keys.renew(is_forced=False)
    assert keys.partner_of(bearer("n-key")).id == "new"
    assert record.seen[2:] == [("keys_read", {"pid": os.getpid(), "keys": 2}), ("stale", False)]
    keys.renew(is_forced=False)
    assert len(record.seen) == 4


def test_a_change_of_rights_alone_is_a_change(path: Path) -> None:
    """The stamp includes the inode's change time, because `chmod` changes neither size nor content time."""
    record = RecordedEvents()
    keys = Keys(path, record)
    path.chmod(0o600)
    keys.renew(is_forced=False)
    assert [event for event, _ in record.seen] == ["keys_read", "stale"]


def test_a_refused_file_that_does_not_change_is_parsed_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only an unreadable file is retried, because parsing 1,000 partners is slow."""
    keys = Keys(path, RecordedEvents())
    path.write_text("partners: [")
    keys.renew(is_forced=False)
    _fail_to_open(monkeypatch, path)
    keys.renew(is_forced=False)
    monkeypatch.undo()
    assert keys.partner_of(bearer("a-key")).id == "good"


@pytest.mark.parametrize(
    ("text", "partners", "keys"),
    [
        (line("good", "a-key"), ["cut"], ["cut/k1"]),
        (line("cut", "c-key"), ["good"], ["good/k1"]),
        (line("good", "z-key") + line("cut", "c-key"), [], ["good/k1"]),
        (line("other", "a-key"), ["cut", "good"], ["cut/k1"]),
    ],
    ids=["cut at a line", "first partner gone", "key replaced", "partner renamed"],
)
def test_a_file_that_lost_partners_is_loaded_with_a_warning(
    path: Path, text: str, partners: list[str], keys: list[str]
) -> None:
    """A file cut at the end of a line is valid YAML; the warning names the lost partners and keys."""
    record = RecordedEvents()
    path.write_text(
        "partners:\n" + line("good", "a-key") + line("cut", "c-key") + line("bad", "b-key", ", revoked: true")
    )
    loaded = Keys(path, record)
    path.write_text("partners:\n" + text)
    loaded.renew(is_forced=False)
    events = [event for event in record.seen if event[0] == "keys_removed"]
    assert events == [("keys_removed", {"pid": os.getpid(), "partners": partners, "keys": keys})]
    assert ("stale", False) in record.seen
    loaded.renew(is_forced=False)
    assert len([event for event in record.seen if event[0] == "keys_removed"]) == 1


def test_a_key_that_opens_nothing_is_removed_without_a_warning(path: Path) -> None:
    """Removing a revoked key, revoking a key or adding one causes no warning."""
    record = RecordedEvents()
    keys = Keys(path, record)
    path.write_text("partners:\n" + line("good", "a-key", ", revoked: true") + line("new", "n-key"))
    keys.renew(is_forced=False)
    assert [event for event, _ in record.seen] == ["keys_read", "stale"]


def test_an_unexpected_error_in_a_file_ends_no_worker(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected error of the reader is logged by type, and the valid keys stay in use."""

    def failing(_: Path) -> None:
        raise RuntimeError("triage_canary")

    record = RecordedEvents()
    keys = Keys(path, record)
    monkeypatch.setattr("service.access.keys.read", failing)
    keys.renew(is_forced=True)
    assert keys.partner_of(bearer("a-key")).id == "good"
    fault = "TRIAGE_KEYS: the file cannot be read: RuntimeError"
    assert record.seen == [("keys_refused", {"pid": os.getpid(), "faults": (fault,)}), ("stale", True)]


def test_a_bad_file_at_the_start_is_no_start(path: Path) -> None:
    """A faulty file at the start stops the service, because it has no earlier keys."""
    path.write_text("partners: [")
    with pytest.raises(SettingsFault):
        Keys(path, RecordedEvents())
