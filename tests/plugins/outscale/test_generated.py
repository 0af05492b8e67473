"""What is generated from the declarations is committed and fresh."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from plugins.outscale.plugin import PLUGIN, SHAPES
from plugins.runtime import sdk
from plugins.runtime.schema import schema


@pytest.mark.contract
def test_the_generated_classes_are_those_of_the_declarations(tmp_path: Path) -> None:
    if shutil.which("pulumi") is None:
        pytest.skip("pulumi is not on PATH: `make toolchain`")
    sdk.generate(PLUGIN, tmp_path / "sdk")
    assert sdk.files(tmp_path / "sdk") == sdk.files(sdk.folder("outscale")), (
        "run `python -m plugins.runtime.sdk outscale`"
    )


def test_the_generated_classes_have_every_kind_and_every_input() -> None:
    """A quick look that needs no engine."""
    package = sdk.folder("outscale") / "rempart_outscale"
    code = {path.name: path.read_text(encoding="utf-8") for path in package.glob("*.py")}
    everything = "\n".join(code.values())
    for shape in SHAPES:
        assert f"class {shape.name}(pulumi.CustomResource)" in everything
    for field in (field for shape in SHAPES for field in (*shape.inputs, *shape.outputs)):
        assert f'"{field.name}"' in everything


def test_every_kind_takes_subject_and_references_and_says_what_replaces() -> None:
    described = schema(PLUGIN)
    assert json.dumps(described)
    for shape in SHAPES:
        inputs = described["resources"][f"outscale:index:{shape.name}"]["inputProperties"]
        assert {"subject", "references"} <= set(inputs)
        assert ("tags" in inputs) is shape.tagged
        for attribute in shape.attributes:
            assert inputs[attribute.name].get("willReplaceOnChanges", False) is attribute.immutable
