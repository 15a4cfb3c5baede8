"""The shared metrics folder, on a disk with and without room."""

from __future__ import annotations

import errno
import os
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.mmap_dict import MmapedDict

from service.telemetry.shared_metrics import ROOM_BYTES, shared_metrics


@pytest.fixture(autouse=True)
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The parent of the folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_the_folder_is_empty_and_ends_with_the_service(parent: Path) -> None:
    """Reserving room leaves no file behind, and the folder is removed at the end."""
    with shared_metrics(2) as folder:
        assert Path(folder).parent == parent
        assert list(Path(folder).iterdir()) == []
    assert list(parent.iterdir()) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS])
def test_a_folder_without_room_is_refused_with_its_name_and_the_setting(
    parent: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Without room each worker would die of SIGBUS at its first request; the error names the setting to change."""
    asked = []

    def allocate(_: int, offset: int, length: int) -> None:
        asked.append((offset, length))
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "posix_fallocate", allocate)
    with pytest.raises(OSError, match=r"TMPDIR") as refused, shared_metrics(3):
        pass
    assert refused.value.errno == code
    assert refused.value.strerror == (
        f"no room for the metrics of 3 workers, 3 MiB ({os.strerror(code)}); set TMPDIR to another folder"
    )
    assert Path(refused.value.filename) == parent
    assert asked == [(0, 3 * ROOM_BYTES)]
    assert list(parent.iterdir()) == []


def test_no_folder_at_all_is_refused_alike(parent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only system has no folder for temporary files."""
    monkeypatch.setattr("tempfile.tempdir", str(parent / "missing"))
    with pytest.raises(OSError, match=r"no room for the metrics of 2 workers.*TMPDIR"), shared_metrics(2):
        pass


def test_the_room_holds_the_first_files_of_a_worker(parent: Path) -> None:
    """The library creates one file per kind of metric, and the reserve allows three doublings."""
    kinds = ("counter", "histogram", "gauge_livesum", "gauge_livemax", "gauge_max")
    first = parent / "first.db"
    with closing(MmapedDict(str(first))):  # type: ignore[no-untyped-call]  # without types
        assert 3 * len(kinds) * first.stat().st_size <= ROOM_BYTES
