"""The keys file: strict, all faults at once, without any key."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.access.keys_file import MOST_PARTNERS, Partner, read
from service.access.rate_limit import Quota
from service.errors import SettingsFault

A, B, C = (letter * 64 for letter in "abc")
SECRET = "triage_" + "secret" * 2


def given(tmp_path: Path, text: str) -> Path:
    """A file with this text."""
    path = tmp_path / "keys.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(tmp_path: Path, text: str) -> list[str]:
    """The faults of this text, without the setting's name."""
    with pytest.raises(SettingsFault) as caught:
        read(given(tmp_path, text))
    assert SECRET not in str(caught.value)
    assert all(fault.startswith("TRIAGE_KEYS: ") for fault in caught.value.faults)
    return [fault.removeprefix("TRIAGE_KEYS: ") for fault in caught.value.faults]


def test_every_key_is_read_with_whose_it_is(tmp_path: Path) -> None:
    """A partner may have several keys and its own limit; revoked keys and disabled partners are refused."""
    text = f"""
partners:
  one:
    rate_limit: 5/second
    keys:
      k1: {{sha256: {A}}}
      k0: {{sha256: {B}, revoked: true}}
  two: {{disabled: true, keys: {{k1: {{sha256: {C}}}}}}}
"""
    assert read(given(tmp_path, text)) == {
        A: Partner("one", "k1", A, Quota(5, 1)),
        B: Partner("one", "k0", B, Quota(5, 1), is_forbidden=True),
        C: Partner("two", "k1", C, is_forbidden=True),
    }


def test_all_faults_are_reported_at_once_with_their_paths(tmp_path: Path) -> None:
    """All faults are reported at once, and none contains a value of the file."""
    text = f"""
partners:
  one:
    rate_limit: 5 a second
    disabled: perhaps
    {SECRET}: 1
    keys:
      k1: {{sha256: {SECRET}}}
      k2: {{sha256: {A}, revoked: 0}}
      {SECRET.upper()}: {{sha256: {B}}}
  two: {{keys: {{}}}}
  three: [{SECRET}]
{SECRET}: {{}}
"""
    assert faults(tmp_path, text) == [
        "the file: holds a name other than partners",
        "partners.one: holds a name other than disabled, keys, rate_limit",
        "partners.one.disabled: must be true or false",
        "partners.one.rate_limit: a rate limit is written like 600/minute",
        "partners.one.keys: names are up to 32 lower-case letters, digits, - and _, in quotes if all digits",
        "partners.one.keys.k1.sha256: must be 64 hex digits in lower case",
        "partners.one.keys.k2.revoked: must be true or false",
        "partners.two.keys: must be a mapping with at least one entry",
        "partners.three: must be a mapping of disabled, keys, rate_limit",
        "partners.three.keys: must be a mapping with at least one entry",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "the file: must be a mapping of partners"),
        ("partners: {}", "partners: must be a mapping with at least one entry"),
        (f"partners: [{SECRET}\n", "the file is not YAML (line 2)"),
        (f"partners:\n  !!int {SECRET}: 1\n", "the file is not YAML (line 2)"),
        (f"partners:\n  one: {{keys: {{k: {{sha256: !!bool {SECRET}}}}}}}\n", "the file is not YAML (line 2)"),
        (f"{SECRET}: 1\n{SECRET}: 2\n", "a name is given twice (line 2, column 1)"),
        (
            f"partners: {{a: {{keys: {{k: {{sha256: {A}}}, l: {{sha256: {A}}}}}}}}}",
            "partners: one sha256 is given twice",
        ),
    ],
)
def test_an_invalid_keys_file_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    """An empty file, other YAML, invalid YAML, and duplicate names or hashes have distinct faults."""
    assert fault in faults(tmp_path, text)


def test_a_file_that_cannot_be_read_is_a_fault_too(tmp_path: Path) -> None:
    """A missing file and a file that is not text are faults, not exceptions."""
    with pytest.raises(SettingsFault, match="cannot be read"):
        read(tmp_path / "nothing")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(SettingsFault, match="not YAML"):
        read(tmp_path / "binary")


def test_partners_are_so_few_that_they_can_be_labels(tmp_path: Path) -> None:
    """The number of partners is bounded, because each is a metric label."""
    lines = [f"  p{n}: {{keys: {{k: {{sha256: '{n:064x}'}}}}}}" for n in range(MOST_PARTNERS + 1)]
    assert faults(tmp_path, "\n".join(["partners:", *lines])) == [f"partners: more than {MOST_PARTNERS}"]
