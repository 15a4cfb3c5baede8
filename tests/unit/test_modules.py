"""The size of the modules of `service/`."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path(__file__).parents[2]
_MOST_LINES = 250


def _too_long(folder: Path) -> dict[str, int]:
    """The modules of a folder with too many lines, with their number."""
    lines = {
        str(path.relative_to(folder)): len(path.read_text(encoding="utf-8").splitlines())
        for path in sorted(folder.rglob("*.py"))
    }
    return {name: count for name, count in lines.items() if count > _MOST_LINES}


def test_no_module_is_long() -> None:
    """A module of the service has at most 250 lines, so that it can be read in one sitting."""
    assert _too_long(_ROOT / "service") == {}


def test_a_long_module_is_noticed(tmp_path: Path) -> None:
    """The law above can fail, also for a module in a folder, and only beyond the limit."""
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "long.py").write_text("x = 1\n" * 251, encoding="utf-8")
    (tmp_path / "short.py").write_text("x = 1\n" * 250, encoding="utf-8")
    assert _too_long(tmp_path) == {"package/long.py": 251}
