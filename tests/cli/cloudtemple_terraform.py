"""A small platform on Cloud Temple, as its author writes it: files, and the plan that Terraform makes of them.

Tests change it and ask a review of it with what follows below.

It is the `minimal` platform with an image that the provider lists, user data and keys of storage. Networks, policies of
copies and marketplace items are data sources, as there: in a plan their ids are known, in files nobody's.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from blueprint import loader, naming, planner, workspace
from blueprint import plan as plans
from blueprint import target as targets
from cli import review
from providers import tagging
from providers.terraform import mapping
from tests.policies import runs

PLATFORM = "small"
ADDRESS = "shiva.cloud-temple.com"
DATA_ID = "de2b8b80-8b90-414a-bc33-e12f61a4c05c"
DATA = {
    "cloudtemple_marketplace_item.debian": {"name": "Debian 13"},
    "cloudtemple_backup_sla_policy.daily": {"name": "sla001-daily-par7s"},
    "cloudtemple_compute_network.vlan": {"name": "VLAN_201"},
    "cloudtemple_compute_virtual_datacenter.th3s": {"name": "DC-TH3S", "machine_manager_id": DATA_ID},
}
GIB = 1 << 30
USER_DATA = "#cloud-config\npackage_update: true\n"
KEYS = """
storage_keys:
  study: {bubbles: [study], holder: researcher, days: 90}
  administration: {bubbles: [administration], holder: operator, days: 90}
"""


@dataclasses.dataclass(frozen=True)
class Ref:
    """An attribute of a resource, or of a data source (`data.TYPE.NAME`)."""

    of: str
    attribute: str = "id"

    def __str__(self) -> str:
        return f"{self.of}.{self.attribute}"


@dataclasses.dataclass(frozen=True)
class Var:
    """A variable that nobody gives a value."""

    name: str

    def __str__(self) -> str:
        return f"var.{self.name}"


@dataclasses.dataclass
class Terraform:
    """`resources`: address -> arguments. A list of mappings is blocks."""

    resources: dict[str, dict[str, Any]]
    provider: dict[str, Any] = dataclasses.field(default_factory=lambda: {"address": ADDRESS})

    def files(self) -> str:
        lines = ['provider "cloudtemple" {', *(f"  {key} = {_hcl(value)}" for key, value in self.provider.items()), "}"]
        lines += [f'variable "{name}" {{}}' for name in sorted(_variables(self.resources))]
        for address, given in DATA.items():
            lines += _block("data", address, given)
        for address, given in self.resources.items():
            lines += _block("resource", address, given)
        return "\n".join(lines) + "\n"

    def plan(self) -> dict[str, Any]:
        """As `terraform show -json` prints it."""
        changes, written = [], []
        for address, given in self.resources.items():
            kind, _, name = address.partition(".")
            common = {"address": address, "mode": "managed", "type": kind, "name": name}
            after, unknown = _after(given)
            change = {"actions": ["create"], "after": after, "after_unknown": {**unknown, "id": True}}
            changes.append({**common, "change": change})
            expressions = {key: _expression(value) for key, value in given.items()}
            written.append({**common, "provider_config_key": "cloudtemple", "expressions": expressions})
        provider = {"name": "cloudtemple", "expressions": {k: _expression(v) for k, v in self.provider.items()}}
        return {
            "format_version": "1.2",
            "resource_changes": changes,
            "configuration": {"provider_config": {"cloudtemple": provider}, "root_module": {"resources": written}},
        }

    def saved(self, folder: pathlib.Path, how: str) -> pathlib.Path:
        if how == "plan":
            path = folder / "plan.json"
            path.write_text(json.dumps(self.plan()), encoding="utf-8")
            return path
        path = folder / "files"
        path.mkdir(exist_ok=True)
        (path / "main.tf").write_text(self.files(), encoding="utf-8")
        return path


def platform(folder: pathlib.Path) -> pathlib.Path:
    """A folder of platforms with this one in it."""
    text = (workspace.root() / "stacks" / "platforms" / "minimal.yaml").read_text(encoding="utf-8")
    schema, _, rest = text.partition("\n")
    assert schema.startswith("# yaml-language-server")
    changes = {
        "platform: minimal": f"platform: {PLATFORM}",
        "image: debian-12": "image: debian-13",
        "\nbastion:": f"{KEYS}\nbastion:",
        "    tiers:\n      relay:\n": f"    tiers:\n      relay:\n        user_data: {json.dumps(USER_DATA)}\n",
    }
    for old, new in changes.items():
        assert old in rest, old
        rest = rest.replace(old, new)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{PLATFORM}.yaml").write_text(rest, encoding="utf-8")
    return folder


def settle(monkeypatch: pytest.MonkeyPatch, folder: pathlib.Path) -> None:
    """Runs of their own, the platform, and the target on one day: dates must not move under the tests."""
    runs.settle(monkeypatch, folder / "work")
    monkeypatch.setenv(workspace.PLATFORMS_VARIABLE, str(platform(folder / "platforms")))
    kept = (targets.folder().parent / "reviewed" / "cloudtemple.yaml").read_text(encoding="utf-8")
    pinned = folder / "reviewed"
    pinned.mkdir()
    (pinned / "cloudtemple.yaml").write_text(f"{kept}as_of: 2026-11-29\n", encoding="utf-8")
    monkeypatch.setattr(targets, "_reviewed", lambda: pinned)


def plan_of() -> plans.Plan:
    return planner.plan(loader.load(loader.find(PLATFORM)), targets.load("cloudtemple", only_read=True), "dev")


def label(subject: str) -> str:
    return subject.replace("/", "_").replace("-", "_")


def machine(subject: str) -> str:
    return f"cloudtemple_compute_iaas_opensource_virtual_machine.{label(subject)}"


def compliant(plan: plans.Plan) -> Terraform:
    """What every platform has of what the provider's types can say: machines, their disks and adapters, and buckets."""
    made: dict[str, dict[str, Any]] = {}
    bastion = plan.bastion.machines if plan.bastion else ()
    for one in (*plan.machines, *bastion):
        brick = "bastion" if one in bastion else "compute"
        made[machine(one.subject)] = {
            "name": label(one.subject),
            "power_state": "on",
            "cpu": one.vcpus,
            "memory": one.memory_gib * GIB,
            "marketplace_item_id": Ref("data.cloudtemple_marketplace_item.debian"),
            "backup_sla_policies": [Ref("data.cloudtemple_backup_sla_policy.daily")],
            "cloud_init": {"cloud_config": one.user_data},
            "tags": tagging.tags(plan, one.subject, brick, one.bubble),
        }
        made[f"cloudtemple_compute_iaas_opensource_network_adapter.{label(one.subject)}"] = {
            "virtual_machine_id": Ref(machine(one.subject)),
            "network_id": Ref("data.cloudtemple_compute_network.vlan"),
        }
        for disk in one.disks:
            made[f"cloudtemple_compute_iaas_opensource_virtual_disk.{label(disk.subject)}"] = {
                "name": naming.of(plan.platform, plan.environment, *disk.subject.split("/")),
                "mode": "RW",
                "size": disk.size_gib * GIB,
                "storage_repository_id": DATA_ID,
                "virtual_machine_id": Ref(machine(one.subject)),
            }
    for bucket in plan.buckets:
        made[f"{SEEN}.{label(bucket.subject)}"] = {
            "name": naming.of(plan.platform, plan.environment, bucket.bubble, bucket.name),
            "access_type": "private",
            "versioning": "Enabled",
        }
    return Terraform(made)


def whole(plan: plans.Plan) -> Terraform:
    """With the keys that open its storage: one is granted inside its bucket, the other by a resource of its own."""
    made = compliant(plan)
    accounts = {}
    for key in plan.storage_keys:
        address = f"cloudtemple_object_storage_storage_account.{label(key.subject)}"
        made.resources[address] = {"name": naming.of(plan.platform, plan.environment, *key.subject.split("/"))}
        accounts[key.bubbles[0]] = Ref(address, "name")
    bucket(made)["acl_entry"] = [{"storage_account": accounts["bubbles/study"], "role": "READ"}]
    made.resources[f"cloudtemple_object_storage_acl_entry.{label(TRACES)}"] = {
        "bucket": Ref(f"{SEEN}.{label(TRACES)}", "name"),
        "storage_account": accounts["bubbles/administration"],
        "role": "WRITE",
    }
    return made


def _variables(value: Any) -> set[str]:
    if isinstance(value, Var):
        return {value.name}
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return {name for one in inner for name in _variables(one)}


def _blocks(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _block(word: str, address: str, given: Mapping[str, Any]) -> list[str]:
    kind, _, name = address.partition(".")
    return [f'{word} "{kind}" "{name}" {{', *_lines(given, "  "), "}"]


def _lines(given: Mapping[str, Any], indent: str) -> list[str]:
    made = []
    for key, value in given.items():
        if _blocks(value):
            for one in value:
                made += [f"{indent}{key} {{", *_lines(one, indent + "  "), f"{indent}}}"]
        else:
            made.append(f"{indent}{key} = {_hcl(value)}")
    return made


def _hcl(value: Any) -> str:
    if isinstance(value, Ref | Var):
        return str(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_hcl(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_hcl(one) for one in value) + "]"
    return json.dumps(value).replace("${", "$${")


def _after(value: Any) -> tuple[Any, Any]:
    """(what a plan knows of a value, what only `apply` tells). A data source was read; a variable has no value yet."""
    if isinstance(value, Ref):
        return (DATA_ID, None) if value.of.startswith("data.") else (None, True)
    if isinstance(value, Var):
        return None, True
    if isinstance(value, Mapping):
        pairs = {key: _after(one) for key, one in value.items()}
        return {k: v for k, (v, _) in pairs.items()}, {k: u for k, (_, u) in pairs.items() if u is not None}
    if isinstance(value, list):
        items = [_after(one) for one in value]
        return [v for v, _ in items], [u for _, u in items]
    return value, None


def _expression(value: Any) -> Any:
    if isinstance(value, Ref):
        return {"references": [str(value), value.of]}
    if isinstance(value, Var):
        return {"references": [str(value)]}
    if _blocks(value):
        return [{key: _expression(one) for key, one in block.items()} for block in value]
    inner = value if isinstance(value, list) else value.values() if isinstance(value, Mapping) else ()
    named = [word for one in inner if isinstance(one, Ref | Var) for word in _expression(one)["references"]]
    return {"references": named} if named else {"constant_value": value}


# What tests change in it, and what they ask of a review

CANARY = "canary-77ab20"
TYPES = mapping.load("cloudtemple").types
DATABASE = "bubbles/study/tiers/database/1"
BASTION = "bastion/1"
RELAY = "bubbles/administration/tiers/relay/1"
ARCHIVE = "bubbles/study/buckets/archive"
TRACES = "bubbles/administration/buckets/traces"
SEEN = "cloudtemple_object_storage_bucket"
WAYS = ("plan", "files")
UNJUDGED = (
    ("cloudtemple_compute_virtual_controller.cd", {"type": "CD/DVD", "iso_path": "x.iso"}),
    ("cloudtemple_compute_iaas_opensource_replication_policy.p", {"name": "p", "interval": [{"hours": 1}]}),
    ("cloudtemple_public_cloud_vm_snapshot.s", {"name": "s"}),
)


def findings(terraform: Terraform, folder: pathlib.Path, how: str, platform: str | None = PLATFORM) -> Any:
    review.review(str(terraform.saved(folder, how)), platform, None, "dev", "json", str(folder / "out.json"))
    document = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    assert document["problems"] == []
    return document["findings"]


def of(found: Any, rule: str, subject: str) -> set[tuple[str, str]]:
    """(state, message) of every answer of a rule on a subject."""
    return {(one["state"], one["message"]) for one in found if (one["rule"], one["subject"]) == (rule, subject)}


def states(found: Any, rule: str, subject: str) -> set[str]:
    return {state for state, _ in of(found, rule, subject)}


def vm(terraform: Terraform, subject: str = DATABASE) -> dict[str, Any]:
    return terraform.resources[machine(subject)]


def bucket(terraform: Terraform, subject: str = ARCHIVE) -> dict[str, Any]:
    return terraform.resources[f"{SEEN}.{label(subject)}"]


def exposed(terraform: Terraform, subject: str) -> None:
    """A floating address on a machine, by the chain that the provider documents."""
    adapter = f"cloudtemple_compute_iaas_opensource_network_adapter.{label(subject)}"
    terraform.resources |= {
        "cloudtemple_vpc_static_ip.it": {
            "private_network_id": Ref("data.cloudtemple_compute_network.vlan"),
            "mac_address": Ref(adapter, "mac_address"),
        },
        "cloudtemple_vpc_floating_ip.it": {"description": "it"},
        "cloudtemple_vpc_floating_ip_binding.it": {
            "floating_ip_id": Ref("cloudtemple_vpc_floating_ip.it"),
            "static_ip_id": Ref("cloudtemple_vpc_static_ip.it"),
        },
    }


def put(**arguments: Any) -> Callable[[Terraform], None]:
    """On the database's machine."""
    return lambda terraform: vm(terraform).update(arguments)


def kept(**arguments: Any) -> Callable[[Terraform], None]:
    """On the archive's bucket."""
    return lambda terraform: bucket(terraform).update(arguments)


def without(name: str) -> Callable[[Terraform], None]:
    return lambda terraform: vm(terraform).__delitem__(name)


def more(address: str, **arguments: Any) -> Callable[[Terraform], None]:
    return lambda terraform: terraform.resources.__setitem__(address, arguments)


def granted_twice(terraform: Terraform) -> None:
    account = {"name": "app"}
    terraform.resources["cloudtemple_object_storage_storage_account.app"] = account
    app = Ref("cloudtemple_object_storage_storage_account.app", "name")
    bucket(terraform)["acl_entry"] = [{"storage_account": app, "role": "READ"}]
    other = bucket(terraform, TRACES)["name"]
    entry = {"bucket": other, "storage_account": "app", "role": "WRITE"}
    terraform.resources["cloudtemple_object_storage_acl_entry.traces"] = entry
