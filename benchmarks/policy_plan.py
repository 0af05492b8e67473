"""The plan that all three tools read: what `terraform show -json` would print for resources that are to be created."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks import same_resources
from benchmarks.same_resources import Resource

BUBBLES, VOLUMES = 76, 12
"""76 x 13 + 12 = 1,000 resources."""
EVERY = 10
"""In one bubble of so many, the first rule opens SSH to the Internet."""
OPEN = {"direction": "ingress", "port_range_min": 22, "port_range_max": 22, "remote_ip_prefix": "0.0.0.0/0"}
PROVIDER = "openstack"


def listed(bubbles: int = BUBBLES, volumes: int = VOLUMES) -> list[Resource]:
    """A platform with a few breaches in it."""
    return [_opened(one) for one in same_resources.resources(bubbles, volumes)]


def breaches(resources: Sequence[Resource]) -> int:
    return sum(one.arguments.get("remote_ip_prefix") == OPEN["remote_ip_prefix"] for one in resources)


def _opened(one: Resource) -> Resource:
    if one.name not in {f"rule-{number}-0" for number in range(0, BUBBLES, EVERY)}:
        return one
    return dataclasses.replace(one, arguments={**one.arguments, **OPEN})


def plan(resources: Sequence[Resource]) -> dict[str, Any]:
    """`planned_values` (Checkov and OPA read it), `resource_changes` and `configuration` (Rempart reads them)."""
    written = [_Written(kind, name, given) for kind, name, given in _each(resources)]
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": [{**one.common, "values": one.values} for one in written]}},
        "resource_changes": [{**one.common, "change": one.change} for one in written],
        "configuration": {
            "provider_config": {PROVIDER: {"name": PROVIDER, "expressions": {}}},
            "root_module": {
                "resources": [
                    {**one.common, "provider_config_key": PROVIDER, "expressions": _expressions(one.given)}
                    for one in written
                ]
            },
        },
    }


def _each(resources: Sequence[Resource]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for kind, named in same_resources.for_opentofu(resources).items():
        for name, given in named.items():
            yield kind, name, given


@dataclasses.dataclass(frozen=True)
class _Written:
    kind: str
    name: str
    given: Mapping[str, Any]

    @property
    def common(self) -> dict[str, Any]:
        return {"address": f"{self.kind}.{self.name}", "mode": "managed", "type": self.kind, "name": self.name}

    @property
    def values(self) -> dict[str, Any]:
        return {key: known for key, value in self.given.items() if (known := _known(value)) is not None}

    @property
    def change(self) -> dict[str, Any]:
        unknown = {key: True for key, value in self.given.items() if _known(value) is None}
        return {"actions": ["create"], "before": None, "after": self.values, "after_unknown": {"id": True, **unknown}}


def _known(value: Any) -> Any:
    """A value as far as it is known before anything is created; None for one that holds a reference."""
    return None if "${" in str(value) else value


def _expressions(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _expression(value) for key, value in given.items()}


def _expression(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("${"):
        whole = value[2:-1]
        return {"references": [whole, whole.rpartition(".")[0]]}
    if isinstance(value, list) and all(isinstance(one, Mapping) for one in value):
        return [_expressions(one) for one in value]
    if isinstance(value, list):
        return {"references": [name for one in value for name in _expression(one)["references"]]}
    return {"constant_value": value}
