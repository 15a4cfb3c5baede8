"""Strict reading of the file of partners.

All faults are reported at once. No fault quotes text that may be a key in the wrong place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from service.access.rate_limit import Quota, quota
from service.errors import SettingsFault, UnreadableFile
from service.knowledge.yaml_reader import DuplicateName, read_yaml

MOST_PARTNERS: Final = 1_000
"""The number is limited because each partner is a label of the metrics."""

is_name: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}").fullmatch
_is_hash: Final = re.compile(r"[0-9a-f]{64}").fullmatch


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner and one of its keys.

    `quota` is the partner's own. `is_forbidden` is true if this key is no longer valid.
    """

    id: str
    key: str
    hash: str
    quota: Quota | None = None
    is_forbidden: bool = False


def read(path: Path) -> Mapping[str, Partner]:
    """Return the partners by the hashes of their keys.

    Raises `SettingsFault` with all faults of the file, or `UnreadableFile`.
    """
    reader = _Reader()
    try:
        partners = list(reader.document(read_yaml(path.read_text(encoding="utf-8"))))
    except OSError as error:
        raise UnreadableFile((f"TRIAGE_KEYS: the file cannot be read: {error.strerror}",)) from None
    except DuplicateName as error:
        reader.faults = [f"a name is given twice {str(error)[str(error).rindex('(') :]}"]
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        reader.faults = ["the file is not YAML" + (f" (line {mark.line + 1})" if mark else "")]
    else:
        reader.once(partner.hash for partner in partners)
    if reader.faults:
        raise SettingsFault(tuple(f"TRIAGE_KEYS: {fault}" for fault in reader.faults))
    return {partner.hash: partner for partner in partners}


class _Reader:
    """A reader that collects all faults with their paths."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def document(self, value: object) -> Iterator[Partner]:
        """Yield every key of the file."""
        whole = self._mapping("the file", value, {"partners"})
        partners = self._named("partners", whole.get("partners"))
        if len(partners) > MOST_PARTNERS:
            self.faults.append(f"partners: more than {MOST_PARTNERS}")
        for id_, partner in partners.items():
            yield from self._partner(f"partners.{id_}", id_, partner)

    def once(self, hashes: Iterator[str]) -> None:
        """Check that no hash is given twice.

        Such a hash would belong to the last partner that has it.
        """
        all_of_them = list(hashes)
        if len(set(all_of_them)) < len(all_of_them):
            self.faults.append("partners: one sha256 is given twice")

    def _partner(self, path: str, id_: str, value: object) -> Iterator[Partner]:
        part = self._mapping(path, value, {"keys", "rate_limit", "disabled"})
        is_disabled = self._claim(f"{path}.disabled", part.get("disabled", False))
        own = self._quota(f"{path}.rate_limit", part.get("rate_limit", ""))
        for key, entry in self._named(f"{path}.keys", part.get("keys")).items():
            place = f"{path}.keys.{key}"
            fields = self._mapping(place, entry, {"sha256", "revoked"})
            is_revoked = self._claim(f"{place}.revoked", fields.get("revoked", False))
            hash_ = fields.get("sha256")
            if isinstance(hash_, str) and _is_hash(hash_):
                yield Partner(id_, key, hash_, own, is_disabled or is_revoked)
            else:
                self.faults.append(f"{place}.sha256: must be 64 hex digits in lower case")

    def _mapping(self, path: str, value: object, known: set[str]) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            self.faults.append(f"{path}: must be a mapping of {', '.join(sorted(known))}")
            return {}
        if value.keys() - known:
            self.faults.append(f"{path}: holds a name other than {', '.join(sorted(known))}")
        return value

    def _named(self, path: str, value: object) -> Mapping[str, Any]:
        """Return the entries with names that may be shown as labels."""
        if not isinstance(value, dict) or not value:
            self.faults.append(f"{path}: must be a mapping with at least one entry")
            return {}
        good = {name: entry for name, entry in value.items() if isinstance(name, str) and is_name(name)}
        if len(good) < len(value):
            self.faults.append(
                f"{path}: names are up to 32 lower-case letters, digits, - and _, in quotes if all digits"
            )
        return good

    def _claim(self, path: str, value: object) -> bool:
        if not isinstance(value, bool):
            self.faults.append(f"{path}: must be true or false")
        return value is True

    def _quota(self, path: str, value: object) -> Quota | None:
        try:
            return quota(value if isinstance(value, str) else "?")
        except ValueError as fault:
            self.faults.append(f"{path}: {fault}")
            return None
