"""What a lost answer left in OpenStack is removed; what holds data, serves somebody or is somebody else's is not."""

from __future__ import annotations

import copy
import dataclasses
import pathlib
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import openstack.exceptions as refusals
import pytest
from openstack.block_storage.v3 import volume
from openstack.network.v2 import floating_ip, network, port, security_group, security_group_rule, subnet

from blueprint import naming
from providers import observation, strays
from providers.ovh import kinds
from providers.ovh import strays as ovh
from providers.strays import Held, Stray, Swept, Why

CLAIM, OTHER = ("emc2", "dev"), ("emc2", "prod")
STUDY, ZONE = "bubbles/study", "bubbles/study/zones/app"
FILTER, FLOW, NIC = f"{ZONE}/filter", "flows/f/ingress/study.app/1", "bubbles/study/machines/app/1/nic"
ALL = frozenset({"network", "compute", "bastion", "storage"})
HELD = Held(frozenset({"net-held", "sub-held", "sg-held", "rule-held", "port-held"}), ALL)
PROJECT = "p"


def claimed(subject: str, claim: tuple[str, str] = CLAIM, **more: Any) -> dict[str, Any]:
    """What the adapter writes: name, description, tags."""
    parts = subject.split("/")
    named = parts[1:] if len(parts) == 2 else parts
    tags = [f"rempart:platform={claim[0]}", f"rempart:environment={claim[1]}", f"rempart:subject={subject}"]
    return {"name": naming.of(*claim, *named), "description": subject, "tags": tags, **more}


def untagged(subject: str, claim: tuple[str, str] = CLAIM, **more: Any) -> dict[str, Any]:
    """What is left of it where the answer to the creation is lost."""
    return {**claimed(subject, claim), "tags": [], **more}


class Neutron:
    """As strict as Neutron where it matters: 404, 409 for what is in use, 412 for another revision, cascades."""

    TYPES: ClassVar[dict[str, Any]] = {
        "networks": network.Network, "subnets": subnet.Subnet, "ports": port.Port,
        "security_groups": security_group.SecurityGroup, "ips": floating_ip.FloatingIP,
        "security_group_rules": security_group_rule.SecurityGroupRule,
    }  # fmt: skip

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in self.TYPES}
        self.deleted: list[str] = []
        self.before_delete: Callable[[str], None] = lambda _identifier: None

    def put(self, listing: str, identifier: str, body: dict[str, Any]) -> None:
        self.rows[listing][identifier] = {
            "id": identifier, "project_id": PROJECT, "revision_number": 3, "tags": [], **body
        }  # fmt: skip

    def routers(self, **_query: Any) -> list[Any]:
        return []

    def __getattr__(self, name: str) -> Any:
        verb, _, noun = name.partition("_")
        if name in self.TYPES:
            return lambda **query: self._list(name, query)
        if verb == "get" and f"{noun}s" in self.TYPES:
            return lambda identifier: self._get(f"{noun}s", identifier)
        if verb == "delete" and f"{noun}s" in self.TYPES:
            return lambda identifier, **options: self._delete(f"{noun}s", identifier, **options)
        raise AttributeError(name)

    def _list(self, listing: str, query: dict[str, Any]) -> Iterator[Any]:
        assert set(query) <= {*self.TYPES[listing]._query_mapping._mapping}, f"{listing} has no filter {query}"
        rows = [row for row in self.rows[listing].values() if all(row.get(k) == v for k, v in query.items())]
        return iter([self.TYPES[listing].existing(**copy.deepcopy(row)) for row in rows])

    def _get(self, listing: str, identifier: str) -> Any:
        if identifier not in self.rows[listing]:
            raise refusals.NotFoundException(identifier)
        return self.TYPES[listing].existing(**copy.deepcopy(self.rows[listing][identifier]))

    def _delete(self, listing: str, identifier: str, *, ignore_missing: bool, if_revision: int) -> None:
        self.before_delete(identifier)
        if identifier not in self.rows[listing]:
            if ignore_missing:
                return
            raise refusals.NotFoundException(identifier)
        if self.rows[listing][identifier]["revision_number"] != if_revision:
            raise refusals.PreconditionFailedException(identifier)
        if self._used(listing, identifier):
            raise refusals.ConflictException(identifier)
        del self.rows[listing][identifier]
        self.deleted.append(identifier)

    def _used(self, listing: str, identifier: str) -> bool:
        ports = [row for row in self.rows["ports"].values() if row.get("device_owner") != "network:dhcp"]
        if listing == "security_groups":
            return any(identifier in row.get("security_groups", ()) for row in ports)
        if listing == "subnets":
            return any(identifier == one["subnet_id"] for row in ports for one in row.get("fixed_ips", ()))
        return listing == "networks" and any(row["network_id"] == identifier for row in ports)


@dataclasses.dataclass
class Cloud:
    network: Neutron
    volumes: list[Any] = dataclasses.field(default_factory=list)
    current_project_id: str = PROJECT

    def has_service(self, service: str) -> bool:
        return service == "block-storage"

    @property
    def block_storage(self) -> Any:
        return self

    def __post_init__(self) -> None:
        listed = self.volumes
        self.volumes = lambda **_query: list(listed)  # type: ignore[assignment]


@pytest.fixture
def neutron() -> Neutron:
    """A platform that stands, each thing once: all of it is held."""
    made = Neutron()
    made.put("networks", "net-held", claimed(STUDY))
    made.put("subnets", "sub-held", claimed(f"{ZONE}/az/a", network_id="net-held"))
    made.put("security_groups", "sg-held", claimed(FILTER))
    made.put("security_group_rules", "rule-held", rule("sg-held"))
    device = {"network_id": "net-held", "device_id": "vm", "device_owner": "compute:a", "security_groups": ["sg-held"]}
    made.put("ports", "port-held", claimed(NIC, **device, fixed_ips=[{"subnet_id": "sub-held"}]))
    return made


def rule(group: str, subject: str = FLOW, of: str = FILTER, **more: Any) -> dict[str, Any]:
    said = {"description": f"{subject} securityGroupId={of}", "security_group_id": group, "direction": "ingress"}
    return {**said, **more}


def sweep(neutron: Neutron, held: Held = HELD, wanted: frozenset[str] = ALL, volumes: list[Any] | None = None) -> Swept:
    told: list[Stray] = []
    done = ovh._sweep(Cloud(neutron, volumes or []), CLAIM, wanted, held, told.append)
    assert [one.identifier for one in told if one in done.removed] == neutron.deleted
    return done


def why(done: Swept) -> dict[str, Why]:
    return {one.stray.identifier: one.why for one in done.kept}


def test_what_is_held_is_never_looked_at_twice(neutron: Neutron) -> None:
    assert sweep(neutron) == Swept((), ())
    assert neutron.deleted == []


@pytest.mark.parametrize("body", [claimed, untagged], ids=["tagged", "the tags were not written yet"])
def test_twins_of_what_is_held_go_users_first(neutron: Neutron, body: Callable[..., dict[str, Any]]) -> None:
    neutron.put("networks", "net-2", body(STUDY))
    neutron.put("subnets", "sub-2", body(f"{ZONE}/az/a", network_id="net-2"))
    neutron.put("security_groups", "sg-2", body(FILTER))
    neutron.put("security_group_rules", "rule-2", rule("sg-2"))
    neutron.put("security_group_rules", "born-2", {"security_group_id": "sg-2", "direction": "egress"})
    address = {"network_id": "net-2", "fixed_ips": [{"subnet_id": "sub-2"}], "security_groups": ["sg-2"]}
    neutron.put("ports", "port-2", body(NIC, **address))
    neutron.put("ports", "dhcp-2", {"network_id": "net-2", "device_owner": "network:dhcp", "device_id": "dhcp"})
    done = sweep(neutron)
    assert neutron.deleted == ["port-2", "rule-2", "sg-2", "sub-2", "net-2"]
    assert done.kept == ()
    assert {"net-held", "sub-held", "sg-held", "rule-held", "port-held"} <= {
        i for r in neutron.rows.values() for i in r
    }


def test_a_rule_that_strays_in_a_group_that_stands_goes_alone(neutron: Neutron) -> None:
    neutron.put("security_group_rules", "rule-2", rule("sg-held", "flows/g/ingress/study.app/1"))
    sweep(neutron)
    assert neutron.deleted == ["rule-2"]


@pytest.mark.parametrize(
    ("listing", "body"),
    [
        ("networks", claimed(STUDY, OTHER)),
        ("networks", untagged(STUDY, OTHER)),
        ("networks", claimed(STUDY, ("other", "dev"))),
        ("networks", {**claimed(STUDY), "tags": ["rempart:platform=emc2", f"rempart:subject={STUDY}"]}),
        ("networks", {**claimed(STUDY), "tags": ["team=radiology"]}),
        ("networks", {**claimed(STUDY), "name": "renamed-by-hand"}),
        ("networks", {**untagged(STUDY), "description": ""}),
        ("networks", {**untagged(STUDY), "description": "bubbles/other"}),
        ("networks", {"name": "vpn", "description": "the hospital's VPN"}),
        ("networks", {**claimed(STUDY), "project_id": "another"}),
        ("security_groups", {"name": "default", "description": "Default security group"}),
        ("security_group_rules", rule("sg-held", "", description="")),
        ("security_group_rules", rule("sg-held", of="bubbles/other/zones/z/filter")),
        ("security_group_rules", rule("sg-held", description="opened by hand")),
        ("security_group_rules", rule("sg-of-nobody")),
    ],
    ids=[
        "another environment", "another environment, untagged", "another platform", "half of a claim",
        "tags of somebody", "renamed", "a name without subject", "name and subject differ", "nobody's",
        "another project", "default group", "rule without words", "rule of another group", "rule by hand",
        "rule in a group of nobody",
    ],
)  # fmt: skip
def test_whose_claim_is_not_this_one_or_cannot_be_read_stays(
    listing: str, body: dict[str, Any], neutron: Neutron
) -> None:
    neutron.put(listing, "theirs", body)
    assert sweep(neutron).removed == ()
    assert neutron.deleted == []


def test_ids_are_compared_and_not_names(neutron: Neutron) -> None:
    neutron.put("networks", "net-2", claimed(STUDY))
    one, two = sweep(neutron).removed, Held(HELD.ids - {"net-held"} | {"net-2"}, ALL)
    assert [stray.identifier for stray in one] == ["net-2"]
    neutron.put("networks", "net-2", claimed(STUDY))
    assert why(sweep_again(neutron, two)) == {"net-held": Why.USED}, "the other one is held now, and this one is used"


def sweep_again(neutron: Neutron, held: Held) -> Swept:
    neutron.deleted.clear()
    return sweep(neutron, held)


@pytest.mark.parametrize("layers", [frozenset[str](), ALL - {"network"}], ids=["no state at all", "one state is lost"])
def test_nothing_goes_from_a_layer_whose_state_holds_nothing(layers: frozenset[str], neutron: Neutron) -> None:
    held = Held(frozenset(), layers)
    done = sweep(neutron, held)
    assert neutron.deleted == []
    assert {identifier for identifier, reason in why(done).items() if reason is Why.STATE_LOST} >= {
        "net-held", "sub-held", "sg-held", "rule-held"
    }  # fmt: skip
    assert why(done)["port-held"] is (Why.USED if "compute" in layers else Why.STATE_LOST)


def test_only_the_layers_that_are_asked_for_are_swept(neutron: Neutron) -> None:
    neutron.put("networks", "net-2", claimed(STUDY))
    neutron.put("ports", "port-2", claimed(NIC, network_id="net-held"))
    neutron.put("ports", "port-3", claimed("bastion/1/nic", network_id="net-held"))
    sweep(neutron, wanted=frozenset({"compute"}))
    assert neutron.deleted == ["port-2"]


def test_what_is_used_stays(neutron: Neutron) -> None:
    neutron.put("networks", "net-2", claimed(STUDY))
    neutron.put("subnets", "theirs", {"name": "by hand", "network_id": "net-2"})
    neutron.put("networks", "net-3", claimed(STUDY, shared=True))
    neutron.put("networks", "net-4", claimed(STUDY))
    neutron.put("ports", "vpn", {"network_id": "net-4", "device_owner": "compute:a", "device_id": "vm"})
    neutron.put("subnets", "sub-2", claimed(f"{ZONE}/az/a", network_id="net-4"))
    neutron.put("ports", "in-it", {"network_id": "net-4", "device_id": "", "fixed_ips": [{"subnet_id": "sub-2"}]})
    neutron.put("security_groups", "sg-2", claimed(FILTER))
    neutron.put("security_group_rules", "points", {"security_group_id": "theirs", "remote_group_id": "sg-2"})
    neutron.put("security_groups", "sg-3", claimed(FILTER))
    neutron.put("security_group_rules", "by-hand", {"security_group_id": "sg-3", "direction": "ingress"})
    neutron.put("security_groups", "sg-4", claimed(FILTER))
    neutron.put("ports", "guarded", {"network_id": "net-4", "security_groups": ["sg-4"]})
    neutron.put("ports", "port-2", claimed(NIC, network_id="net-held", device_id="vm-2", device_owner="compute:a"))
    neutron.put("ports", "port-3", claimed(NIC, network_id="net-held"))
    neutron.put("ips", "fip", {"port_id": "port-3", "floating_ip_address": "192.0.2.1"})
    done = sweep(neutron)
    assert neutron.deleted == []
    expected = {"net-2", "net-3", "net-4", "sub-2", "sg-2", "sg-3", "sg-4", "port-2", "port-3"}
    assert why(done) == dict.fromkeys(expected, Why.USED)


def test_what_changes_while_it_is_looked_at_stays(neutron: Neutron) -> None:
    neutron.put("ports", "port-2", claimed(NIC, network_id="net-held"))
    neutron.before_delete = lambda identifier: neutron.rows["ports"][identifier].update(
        device_id="vm-2", revision_number=4
    )
    assert why(sweep(neutron)) == {"port-2": Why.CHANGED}
    assert "port-2" in neutron.rows["ports"]


def test_what_holds_data_is_named_and_stays(neutron: Neutron) -> None:
    subject = "bubbles/study/machines/app/1/disks/data"
    told = {"rempart:platform": "emc2", "rempart:environment": "dev", "rempart:subject": subject}
    disks = [
        volume.Volume.existing(id="vol-1", name="any", metadata=told, size=1),
        volume.Volume.existing(id="vol-2", name="any", metadata={**told, "rempart:environment": "prod"}, size=1),
    ]
    done = sweep(neutron, volumes=disks)
    assert why(done) == {"vol-1": Why.DATA}
    assert done.kept[0].stray == Stray(kinds.VOLUME, "vol-1", subject, "compute")


def test_the_deployers_credentials_are_used_and_never_the_readers(tmp_path: pathlib.Path) -> None:
    env = {"OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml"), "OS_CLOUD": "deployer"}
    account = ovh.account({**env, "REMPART_READER_CLOUD": "reader"}, "r")
    assert (account.cloud, account.reader) == ("deployer", False)
    with pytest.raises(observation.Unreachable, match="OS_CLOUD"):
        ovh.account({"OS_CLIENT_CONFIG_FILE": "f"}, "r")


def test_only_a_provider_whose_plugin_keeps_no_notes_has_a_sweeper() -> None:
    assert strays.load("ovh") is ovh
    assert strays.load("outscale") is None
