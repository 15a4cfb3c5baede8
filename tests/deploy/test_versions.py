"""The version of the release in the files that deploy it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


@pytest.mark.parametrize(
    "path",
    [
        "deploy/README.md",
        "deploy/kubernetes/overlays/production/kustomization.yaml",
        "deploy/kubernetes/overlays/staging/kustomization.yaml",
    ],
)
def test_the_tag_of_the_image_is_the_version(path: str) -> None:
    """An operator deploys the release that the settings and manifests belong to."""
    text = (ROOT / path).read_text(encoding="utf-8")
    assert re.findall(r"(?:newTag: |runner-triage:)(\d\S*)", text) == [_VERSION]
