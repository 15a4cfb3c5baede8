"""Settings: strict, all faults at once, documented in docs/configuration.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from service import settings
from service.errors import SettingsFault

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")


def test_nothing_set_gives_the_defaults() -> None:
    """Without settings the service runs, on the loopback address only."""
    read = settings.read({"PATH": "/bin", "OTHER_PORT": "1"})
    assert read == settings.Settings()
    assert read.host == "127.0.0.1"


def test_each_setting_is_read() -> None:
    """The text of a setting becomes its typed value."""
    read = settings.read(
        {
            "TRIAGE_PORT": "8081",
            "TRIAGE_BODY_SECONDS": "2.5",
            "TRIAGE_CORS_ORIGINS": "https://a.example, https://b.example,",
        }
    )
    assert (read.port, read.body_seconds) == (8081, 2.5)
    assert read.cors_origins == ("https://a.example", "https://b.example")


def test_every_fault_is_named_at_once() -> None:
    """All faults are reported at once, and a misspelt name with the nearest one."""
    wrong = {"TRIAGE_PROT": "1", "TRIAGE_PORT": "many", "TRIAGE_WORKERS": "0", "TRIAGE_ZZZZZZZZ": "1"}
    with pytest.raises(SettingsFault) as caught:
        settings.read(wrong)
    assert [fault.split(":")[0] for fault in caught.value.faults] == sorted(wrong)
    assert "did you mean TRIAGE_PORT?" in caught.value.faults[1]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("PORT", "many", "a whole number from 0 to 65535"),
        ("BODY_SECONDS", "0", "a number above 0 and at most 30"),
        ("DRAIN_SECONDS", "1", "a number from 1.5 to 300"),
        ("LOG_LEVEL", "INFO", "one of debug, info, warning, error"),
        ("RATE_LIMIT", "600", "a whole number, a slash and one of second, minute, hour, day"),
        ("HOST", "", "an address"),
    ],
)
def test_a_fault_has_the_words_of_the_table(name: str, text: str, says: str) -> None:
    """A fault uses the words of the table, not those of the programming language."""
    with pytest.raises(SettingsFault) as caught:
        settings.read({f"TRIAGE_{name}": text})
    assert caught.value.faults == (f"TRIAGE_{name}: must be {says}",)
    (row,) = [row for row in settings.describe().splitlines() if row.startswith(f"| `TRIAGE_{name}` ")]
    assert row.endswith(f" Allowed: {says}. |")


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "https://[::1]:8443", "https://a.example:65535", "capacitor://localhost"]
)
def test_an_origin_is_accepted_as_browsers_send_it(origin: str) -> None:
    """Origins are compared letter by letter."""
    assert settings.read({"TRIAGE_CORS_ORIGINS": origin}).cors_origins == (origin,)


@pytest.mark.parametrize(
    "origin",
    ["*", "foo", "null", "a.example", "https://a.example/", "https://A.example", "https://*.example", "https://",
     "https://a.example:443", "http://a.example:80", "https://u@a.example", "https://[::1]:443", "http://[::1]:80",
     "http://a.example:65536", "http://a.example:99999", "http://a.example:0080", "http://a.example:0"],
)  # fmt: skip
def test_an_origin_that_no_browser_sends_is_a_fault(origin: str) -> None:
    """An origin that never matches is an error, because it would silently block an app."""
    with pytest.raises(SettingsFault, match="TRIAGE_CORS_ORIGINS: must be scheme://host"):
        settings.read({"TRIAGE_CORS_ORIGINS": f"https://b.example,{origin}"})


@pytest.mark.parametrize("path", ["", "/triage", "/a/b", "/v1.0/tri-age_~", "/assessment", "/a/docs"])
def test_a_root_path_is_accepted(path: str) -> None:
    """A prefix is a path of plain segments; none is the default."""
    assert settings.read({"TRIAGE_ROOT_PATH": path}).root_path == path


@pytest.mark.parametrize(
    "path", ["/", "triage", "/triage/", "//triage", "/a b", "/a%20b", "/a?b", "/a\n", "/é", "/docs", "/try"]
)
def test_a_root_path_that_no_request_can_have_is_a_fault(path: str) -> None:
    """A prefix that never matches, or that hides a route, stops the start."""
    with pytest.raises(SettingsFault, match="TRIAGE_ROOT_PATH: must be a path such as /triage"):
        settings.read({"TRIAGE_ROOT_PATH": path})


def test_the_demonstration_is_on_or_off() -> None:
    """Any other value of `TRIAGE_TRY` stops the start."""
    with pytest.raises(SettingsFault, match="TRIAGE_TRY: must be one of on, off"):
        settings.read({"TRIAGE_TRY": "no"})


def test_the_drain_is_never_shorter_than_its_promise() -> None:
    """Readiness is 503 for at least a second before the listener closes, so the drain cannot be shorter."""
    with pytest.raises(SettingsFault):
        settings.read({"TRIAGE_DRAIN_SECONDS": "0.5"})


def test_the_table_names_every_setting() -> None:
    """Each setting has a row with its purpose."""
    table = settings.describe()
    assert all(f"| `{name}` |" in table for name in settings.FIELDS)
    assert all(row.count("|") >= 4 and "| |" not in row for row in table.splitlines())


def test_folders_are_the_shipped_ones_unless_set() -> None:
    """An empty folder setting means the shipped folder."""
    assert settings.Settings().knowledge_folder(Path("a")) == Path("a")
    assert settings.Settings(knowledge="b").knowledge_folder(Path("a")) == Path("b")
    assert settings.Settings(contract="c").contract_file(Path("a")) == Path("c")


def test_the_page_shows_the_table() -> None:
    """The table in `docs/configuration.md` equals the generated one."""
    assert settings.describe() in PAGE


def test_a_folder_or_file_that_is_not_there_is_named_by_its_setting() -> None:
    """Missing folders and files are reported with all other faults, before any is read."""
    nowhere = {"TRIAGE_KNOWLEDGE": "nowhere", "TRIAGE_CONTRACT": "nowhere.yaml", "TRIAGE_PORT": "x"}
    with pytest.raises(SettingsFault) as caught:
        settings.read(nowhere)
    names = [fault.partition(":")[0] for fault in caught.value.faults]
    assert names == ["TRIAGE_PORT", "TRIAGE_KNOWLEDGE", "TRIAGE_CONTRACT"]


def test_a_rate_limit_that_is_not_understood_is_a_fault() -> None:
    """An invalid limit is an error rather than no limit."""
    assert settings.read({"TRIAGE_RATE_LIMIT": "600/minute"}).rate_limit == "600/minute"
    for text in ("600", "0/minute", "600/fortnight", "many", "600/minute\n", "\n"):
        with pytest.raises(SettingsFault, match="TRIAGE_RATE_LIMIT"):
            settings.read({"TRIAGE_RATE_LIMIT": text})


def test_the_store_of_the_limits_is_named_in_one_way(tmp_path: Path) -> None:
    """The store's URL is in the environment or in a file, not in both; no fault contains it."""
    file = tmp_path / "url"
    file.write_text("redis://:secret@store/0\n")
    from_file = settings.read({"TRIAGE_LIMIT_STORE_FILE": str(file), "TRIAGE_RATE_LIMIT": "1/day"})
    assert (from_file.limit_store_name(), from_file.limit_store_url()) == (
        "TRIAGE_LIMIT_STORE_FILE",
        "redis://:secret@store/0",
    )
    assert settings.read({"TRIAGE_LIMIT_STORE": "redis://a", "TRIAGE_KEYS": str(file)}).limit_store_url() == "redis://a"
    assert settings.Settings().limit_store_name() == ""
    with pytest.raises(SettingsFault) as caught:
        settings.read({"TRIAGE_LIMIT_STORE": "redis://:secret@store", "TRIAGE_LIMIT_STORE_FILE": str(file)})
    assert "secret" not in str(caught.value)


def test_a_setting_without_effect_is_a_fault(tmp_path: Path) -> None:
    """A store or proxies without a limit are an error, because an operator would expect a limit."""
    keys = tmp_path / "keys.yaml"
    keys.touch()
    given = {"TRIAGE_LIMIT_STORE": "redis://:secret@store", "TRIAGE_PROXIES": "1", "TRIAGE_PORT": "x"}
    with pytest.raises(SettingsFault) as caught:
        settings.read(given)
    assert caught.value.faults[1:] == (
        "TRIAGE_LIMIT_STORE: has no effect without TRIAGE_RATE_LIMIT or TRIAGE_KEYS",
        "TRIAGE_PROXIES: has no effect without TRIAGE_RATE_LIMIT",
    )
    assert caught.value.faults[0].startswith("TRIAGE_PORT")
    with pytest.raises(SettingsFault, match="TRIAGE_LIMIT_STORE_FILE: has no effect"):
        settings.read({"TRIAGE_LIMIT_STORE_FILE": str(keys)})
    with pytest.raises(SettingsFault, match="TRIAGE_PROXIES: has no effect"):
        settings.read({"TRIAGE_PROXIES": "1", "TRIAGE_KEYS": str(keys)})
    for enough in ({"TRIAGE_RATE_LIMIT": "1/day"}, {"TRIAGE_KEYS": str(keys)}):
        assert settings.read({"TRIAGE_LIMIT_STORE": "redis://store"} | enough).limit_store
    with pytest.raises(SettingsFault) as caught:  # one mistake, one fault
        settings.read({"TRIAGE_PROXIES": "1", "TRIAGE_RATE_LIMIT": "many"})
    assert len(caught.value.faults) == 1
