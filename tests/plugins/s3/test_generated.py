"""What is generated from the declaration is committed and fresh."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from plugins.runtime import sdk
from plugins.s3.bucket import INPUTS, OUTPUTS
from plugins.s3.plugin import PLUGIN


@pytest.mark.contract
def test_the_generated_classes_are_those_of_the_declaration(tmp_path: Path) -> None:
    if shutil.which("pulumi") is None:
        pytest.skip("pulumi is not on PATH: `make toolchain`")
    sdk.generate(PLUGIN, tmp_path / "sdk")
    assert sdk.files(tmp_path / "sdk") == sdk.files(sdk.folder("s3")), "run `python -m plugins.runtime.sdk s3`"


def test_the_generated_classes_have_every_field() -> None:
    code = (sdk.folder("s3") / "rempart_s3" / "bucket.py").read_text(encoding="utf-8")
    for field in (*INPUTS, *OUTPUTS):
        assert f'"{field.name}"' in code
