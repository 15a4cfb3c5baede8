"""The partners' keys, from a file that holds their hashes.

The file is read strictly, and again after each change. A key is 256 random bits and cannot be guessed, so one SHA-256
is enough. A slow hash would only make every request expensive.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from service.access.events import AccessEvents
from service.access.keys_file import Partner, read
from service.errors import Forbidden, SettingsFault, Unauthorized, UnreadableFile

KEY_PREFIX: Final = "triage_"
"""The prefix of every key. Scanners for leaked secrets recognize keys by it."""

SCHEME: Final = b"bearer "


def generate_key() -> tuple[str, str]:
    """Return a new key and its hash."""
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    return key, _hash(key.encode())


def _hash(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()


class Keys:
    """The keys of one file.

    If the file becomes invalid, the last valid keys stay in use.
    """

    def __init__(self, path: Path, events: AccessEvents) -> None:
        self._path = path
        self._events = events
        self._stamp = _stamp(path)
        self._is_unread = False
        self._known = read(path)

    def partner_of(self, headers: Iterable[tuple[bytes, bytes]]) -> Partner:
        """Return the partner that sent these headers.

        Raises `Unauthorized` without a known key, and `Forbidden` if the key is no longer valid.
        """
        sent = [value for name, value in headers if name == b"authorization"]
        if len(sent) != 1 or sent[0][: len(SCHEME)].lower() != SCHEME:
            raise Unauthorized
        given = _hash(sent[0][len(SCHEME) :].strip(b" \t"))
        # The time of this lookup reveals nothing, because a client cannot choose the start of a hash.
        known = self._known.get(given)
        if known is None or not hmac.compare_digest(known.hash, given):
            raise Unauthorized
        if known.is_forbidden:
            raise Forbidden(known.id, known.key)
        return known

    def renew(self, *, is_forced: bool) -> None:
        """Read the file again if necessary.

        It is read if it has changed, if the last read failed, or if `is_forced`.
        """
        stamp = _stamp(self._path)
        if stamp == self._stamp and not self._is_unread and not is_forced:
            return
        is_logged = self._is_unread and stamp == self._stamp and not is_forced
        self._stamp = stamp
        self._is_unread = False
        try:
            found = read(self._path)
        except UnreadableFile as fault:
            self._is_unread = True  # its content is unknown, so it may become valid without a change
            if not is_logged:
                self._refuse(fault.faults)
        except SettingsFault as fault:
            self._refuse(fault.faults)
        except Exception as error:  # noqa: BLE001 (the content of a file must not end a running worker)
            self._refuse((f"TRIAGE_KEYS: the file cannot be read: {type(error).__name__}",))
        else:
            known, self._known = self._known, found
            self._events.note("keys_read", pid=os.getpid(), keys=len(found))
            self._warn_of_removed(known, found)
            self._events.keys_are_stale(is_stale=False)

    def _refuse(self, faults: tuple[str, ...]) -> None:
        self._events.warn("keys_refused", pid=os.getpid(), faults=faults)
        self._events.keys_are_stale(is_stale=True)

    def _warn_of_removed(self, before: Mapping[str, Partner], after: Mapping[str, Partner]) -> None:
        """Warn of valid keys that the file no longer holds.

        A file that was cut at the end of a line is still valid YAML.
        """
        valid = [partner for partner in before.values() if not partner.is_forbidden]
        partners = {partner.id for partner in valid} - {partner.id for partner in after.values()}
        keys = [f"{partner.id}/{partner.key}" for partner in valid if partner.hash not in after]
        if partners or keys:
            self._events.warn("keys_removed", pid=os.getpid(), partners=sorted(partners), keys=sorted(keys))


def _stamp(path: Path) -> tuple[int, ...]:
    """Return the stamp of a file, empty without a file.

    The stamp differs after any change of content, permissions or link.
    """
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size
