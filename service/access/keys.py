"""The partners' keys: a file that holds their hashes, read strictly and again whenever it changes.

A key is 256 random bits, so one SHA-256 guards it: a slow hash makes guessing dear, and here there is nothing to
guess. It would make every request dear instead.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from service.access.keys_file import Partner, read
from service.access.witness import Witness
from service.errors import Barred, SettingsFault, Unidentified

MARK: Final = "triage_"
"""Every key begins with this, so that scanners of leaked secrets know one when they see it."""

SCHEME: Final = b"bearer "


def fresh() -> tuple[str, str]:
    """A new key and its hash."""
    key = MARK + secrets.token_urlsafe(32)
    return key, _hash(key.encode())


def _hash(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()


class Keys:
    """The keys of one file; a file that turns bad leaves those in use that were good."""

    def __init__(self, path: Path, witness: Witness) -> None:
        self._path = path
        self._witness = witness
        self._stamp = _stamp(path)
        self._known = read(path)

    def partner_of(self, headers: Iterable[tuple[bytes, bytes]]) -> Partner:
        """Who sent these headers; raises `Unidentified`, or `Barred` where the key was let in once."""
        sent = [value for name, value in headers if name == b"authorization"]
        if len(sent) != 1 or sent[0][: len(SCHEME)].lower() != SCHEME:
            raise Unidentified
        given = _hash(sent[0][len(SCHEME) :].strip(b" \t"))
        # Looking up by hash tells nothing by its time: nobody can choose how the hash of a guess begins.
        known = self._known.get(given)
        if known is None or not hmac.compare_digest(known.hash, given):
            raise Unidentified
        if known.is_barred:
            raise Barred(known.id, known.key)
        return known

    def renew(self, *, is_told: bool) -> None:
        """Read the file again where it has changed, or where somebody asked for it."""
        stamp = _stamp(self._path)
        if stamp == self._stamp and not is_told:
            return
        self._stamp = stamp
        try:
            self._known = read(self._path)
        except SettingsFault as fault:
            self._refuse(fault.faults)
        except Exception as error:  # noqa: BLE001 (whatever a file holds, it must not end a worker that answers)
            self._refuse((f"TRIAGE_KEYS: the file cannot be read: {type(error).__name__}",))
        else:
            self._witness.note("keys_read", pid=os.getpid(), keys=len(self._known))
            self._witness.keys_are_stale(is_stale=False)

    def _refuse(self, faults: tuple[str, ...]) -> None:
        self._witness.warn("keys_refused", pid=os.getpid(), faults=faults)
        self._witness.keys_are_stale(is_stale=True)


def _stamp(path: Path) -> tuple[int, ...]:
    """What tells one state of a file from the next, also where a link leads elsewhere; empty where there is none."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size
