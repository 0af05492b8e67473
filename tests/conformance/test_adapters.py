"""What an offer is taken to have is what one line of its file says, in a checkout that differs in nothing else."""

from __future__ import annotations

import pathlib

import pytest

from blueprint import target, validation, workspace, yaml_reader
from providers import capabilities
from tests.conformance.adapters import ADAPTERS
from tests.engine import checkouts

GROWN = [name for name, adapter in ADAPTERS.items() if adapter.native]


@pytest.mark.parametrize("name", GROWN)
def test_each_feature_is_one_line(name: str, tmp_path: pathlib.Path) -> None:
    adapter = ADAPTERS[name]
    where = target.load(adapter.target)
    made = checkouts.grown(tmp_path, where.provider, adapter.native)
    path = pathlib.Path("providers") / where.provider / "capabilities.yaml"
    before, after = ((root / path).read_text(encoding="utf-8").splitlines() for root in (workspace.root(), made))
    assert len([one for one, other in zip(before, after, strict=True) if one != other]) == len(adapter.native) > 0
    data, source_map, _ = yaml_reader.read(made / path)
    told = validation.validate(capabilities.Capabilities, data, source_map)
    assert told.offers[where.offer] == adapter.offer()
    assert capabilities.load(where.provider).offers[where.offer] != adapter.offer()
    other = [
        file
        for file in made.rglob("*.py")
        if file.read_bytes() != (workspace.root() / file.relative_to(made)).read_bytes()
    ]
    assert other == []
