"""A project for tests of what is removed from one: as strict as Neutron where a removal depends on it."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import openstack.exceptions as refusals
import requests
from openstack.compute.v2 import server
from openstack.network.v2 import floating_ip, network, port, router, security_group, security_group_rule, subnet

PROJECT = "p"


class Neutron:
    """As strict as Neutron where it matters: 404, 409 for what is in use, 412 for another revision, cascades."""

    TYPES: ClassVar[dict[str, Any]] = {
        "networks": network.Network, "subnets": subnet.Subnet, "ports": port.Port,
        "security_groups": security_group.SecurityGroup, "ips": floating_ip.FloatingIP,
        "security_group_rules": security_group_rule.SecurityGroupRule, "routers": router.Router,
    }  # fmt: skip

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in self.TYPES}
        self.deleted: list[str] = []
        self.before_delete: Callable[[str], None] = lambda _identifier: None

    def put(self, listing: str, identifier: str, body: dict[str, Any]) -> None:
        self.rows[listing][identifier] = {
            "id": identifier, "project_id": PROJECT, "revision_number": 3, "tags": [], **body
        }  # fmt: skip

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
        if listing == "security_groups":
            rules = self.rows["security_group_rules"]
            for gone in [key for key, row in rules.items() if row["security_group_id"] == identifier]:
                del rules[gone]

    def update_subnet(self, identifier: str, *, if_revision: int, host_routes: list[dict[str, str]]) -> None:
        self.before_delete(identifier)
        row = self.rows["subnets"][identifier]
        if row["revision_number"] != if_revision:
            raise refusals.PreconditionFailedException(identifier)
        row["host_routes"] = host_routes
        self.deleted.append(f"a route of {identifier}")

    def remove_interface_from_router(self, identifier: str, *, port: str) -> None:
        """Neutron takes the port along."""
        assert self.rows["ports"][port]["device_id"] == identifier
        del self.rows["ports"][port]
        self.deleted.append(port)

    def _used(self, listing: str, identifier: str) -> bool:
        ports = [row for row in self.rows["ports"].values() if row.get("device_owner") != "network:dhcp"]
        if listing == "security_groups":
            return any(identifier in row.get("security_groups", ()) for row in ports)
        if listing == "routers":
            return any(row.get("device_id") == identifier for row in ports)
        if listing == "subnets":
            return any(identifier == one["subnet_id"] for row in ports for one in row.get("fixed_ips", ()))
        return listing == "networks" and any(row["network_id"] == identifier for row in ports)


@dataclasses.dataclass
class Cloud:
    """A project. `rows`: what the other services list."""

    network: Neutron
    rows: dict[str, list[Any]] = dataclasses.field(default_factory=dict)
    current_project_id: str = PROJECT
    answers: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    """Machines, by id, as Nova itself words them."""
    before_delete: Callable[[str], None] = lambda _identifier: None

    def has_service(self, service: str) -> bool:
        return bool(self.rows or self.answers) and service in ("compute", "block-storage")

    @property
    def compute(self) -> Any:
        return self

    @property
    def block_storage(self) -> Any:
        return self

    def nova(self, identifier: str, **body: Any) -> None:
        """Puts a machine."""
        self.answers[identifier] = {"id": identifier, **body}

    def get(self, path: str) -> requests.Response:
        answer = requests.Response()
        found = self.answers.get(path.removeprefix("/servers/"))
        answer.status_code, answer.url = (200, path) if found else (404, path)
        answer._content = json.dumps({"server": found}).encode()
        return answer

    def get_server(self, identifier: str) -> Any:
        if identifier not in self.answers:
            raise refusals.NotFoundException(identifier)
        return server.Server.existing(**copy.deepcopy(self.answers[identifier]))

    def server_actions(self, identifier: str) -> Iterator[Any]:
        assert identifier in self.answers
        return iter(self.rows.get("server_actions", ()))

    def get_volume(self, identifier: str) -> Any:
        found = [one for one in self.rows.get("volumes", ()) if one.id == identifier]
        if not found:
            raise refusals.NotFoundException(identifier)
        return found[0]

    def delete_server(self, identifier: str, *, ignore_missing: bool) -> None:
        assert ignore_missing
        self.before_delete(identifier)
        del self.answers[identifier]
        self.network.deleted.append(identifier)
        for row in self.network.rows["ports"].values():
            if row.get("device_id") == identifier:
                row.update(device_id="", device_owner="")

    def servers(self, *, details: bool) -> Iterator[Any]:
        assert details
        yield from self.rows.get("servers", ())
        yield from (server.Server.existing(**body) for body in copy.deepcopy(self.answers).values())

    def __getattr__(self, listing: str) -> Any:
        if listing not in ("keypairs", "server_groups", "volumes", "attachments", "snapshots"):
            raise AttributeError(listing)
        return lambda **_query: iter(self.rows.get(listing, ()))
