"""Build the image from its Dockerfile, with local substitutes for its bases.

The substitutes consist of the Debian packages of the published bases, so a build proves the Dockerfile and not the
content of a registry.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
TOOLS: Final = ("buildah", "podman", "runc", "mmdebstrap")
PYTHON: Final = "python3.11-minimal,libpython3.11-stdlib"
NAME: Final = "localhost/runner-triage"
_PATH: Final = "ENV PATH=/usr/local/bin:/usr/bin:/bin"
_SOURCES: Final = "/etc/apt/sources.list.d/debian.sources"
_BASES: Final = {
    "build": (f"--include={PYTHON},python3-venv", "--variant=minbase", "--customize-hook"),
    "run": (
        f"--include={PYTHON},libc6,libstdc++6,zlib1g,libssl3,libexpat1,libffi8,liblzma5,libbz2-1.0,libuuid1",
        "--variant=extract",  # no shell and no package manager, as in the real base
        "--extract-hook",
    ),
}


def missing_requirement() -> str:
    """The reason why no image can be built here, or empty."""
    if os.geteuid() != 0:
        return "a build without a daemon needs root here"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"{', '.join(missing)} are missing and cannot be installed"
    if not Path(_SOURCES).is_file():
        return "no Debian sources for substitutes of the bases"
    return ""


@dataclass(frozen=True)
class Workshop:
    """A folder with its own image store."""

    folder: Path

    def _environment(self) -> dict[str, str]:
        names = {"CONTAINERS_CONF": "containers.conf", "CONTAINERS_STORAGE_CONF": "storage.conf"}
        return os.environ | {name: f"{self.folder}/{file}" for name, file in names.items()}

    @contextmanager
    def started(self, *command: str) -> Iterator[None]:
        """Run a command beside the test, once its socket exists."""
        process = subprocess.Popen(command, env=self._environment(), stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                if (self.folder / "engine").is_socket():
                    break
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)

    def run(self, *command: str, timeout: int = 240) -> subprocess.CompletedProcess[str]:
        """Run one command against this store."""
        return subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=timeout,
            env=self._environment(),
            cwd=ROOT,
        )

    def must(self, *command: str) -> str:
        """The output of a command that must succeed."""
        done = self.run(*command)
        if done.returncode:
            raise AssertionError(
                f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
            )
        return done.stdout.strip()

    def furnish(self) -> None:
        """Write the settings, and create bases and wheels."""
        (self.folder / "containers.conf").write_text(
            '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n'
            '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n',
            encoding="utf-8",
        )
        (self.folder / "storage.conf").write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{self.folder}/store"\nrunroot = "{self.folder}/run"\n',
            encoding="utf-8",
        )
        for base, (packages, variant, hook) in _BASES.items():
            archive = f"{self.folder}/{base}.tar"
            link = f'{hook}=ln -sf python3.11 "$1/usr/bin/python3"'
            self.must("mmdebstrap", "--quiet", "--mode=root", variant, packages, link, "bookworm", archive, _SOURCES)
            self.must("podman", "import", "--quiet", "--change", _PATH, archive, f"localhost/{base}-base")
            Path(archive).unlink()
        for lock in ("requirements/runtime.lock", "requirements/build.lock", "requirements/image.lock"):
            # The image's Python may be older than ours and need more packages: fetch for any.
            for_any = re.sub(r" ; python_\w*version[^\\]*", " ", (ROOT / lock).read_text(encoding="utf-8"))
            (self.folder / lock).parent.mkdir(exist_ok=True)
            (self.folder / lock).write_text(for_any, encoding="utf-8")
            self.must(
                sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--only-binary=:all:",
                "--no-deps", "--dest", f"{self.folder}/wheels", "--requirement", f"{self.folder}/{lock}",
            )  # fmt: skip

    def build(self, labels: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Build the image with these build arguments and without a network."""
        given = {
            **labels,
            "BUILD_BASE": "localhost/build-base",
            "RUN_BASE": "localhost/run-base",
            "PIP_NO_INDEX": "1",
        }
        return self.run(
            "buildah", "bud", "--no-cache", "--isolation", "oci", "--runtime", shutil.which("runc") or "runc",
            "--network", "none", "--format", "docker", "--pull=never",
            "--build-context", f"wheels={self.folder}/wheels",
            *(part for name, value in given.items() for part in ("--build-arg", f"{name}={value}")),
            "--file", "deploy/Dockerfile", "--tag", NAME, ".",
        )  # fmt: skip
