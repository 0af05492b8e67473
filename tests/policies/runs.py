"""Runs of the pack's own session over an estate, layer by layer, as the engine would drive them."""

from __future__ import annotations

import pathlib

import pytest

from blueprint import stack as stacks
from policies import records, signing
from policies.records import waivers
from policies.session import Session
from tests.policies.estate import ENDPOINTS, Estate, Resource

LAYERS = ("network", "storage", "compute", "bastion")
NETWORK = ("Net", "Subnet", "SecurityGroup", "SecurityGroupRule", "RouteTable", "RouteTableLink", "Route",
           "InternetService", "InternetServiceLink", "NatService", "NetPeering", "NetPeeringAcceptation")  # fmt: skip


def layer_of(resource: Resource) -> str | None:
    """The layer that registers a resource; None for the engine's own, which every layer has."""
    kind = resource.kind.rpartition(":")[2]
    if resource.kind.startswith("pulumi:"):
        return None
    if resource.kind.startswith("s3:"):
        return "storage"
    if resource.name.startswith("bastion/"):
        return "bastion"
    if kind in NETWORK or resource.kind.startswith("rempart:") or "/gateways/" in resource.name:
        return "network"
    return "compute"


def layer(estate: Estate, name: str) -> Estate:
    """The part of an estate that one layer's stack holds."""
    part = estate.copy(lambda one: layer_of(one) in (None, name))
    part.read = tuple(f"{estate.plan.platform}.outscale-sandbox.dev.{one}" for one in stacks.STANDS_ON.get(name, ()))
    for one in part.resources.values():
        # What another layer made is an output of its stack.
        for key, names in one.uses.items():
            given = tuple(name for name in names if name in part.resources)
            one.uses[key] = given if len(given) == len(names) else (*given, *part.read)
    return part


def settle(monkeypatch: pytest.MonkeyPatch, state_dir: pathlib.Path) -> None:
    """The environment of a run on the sandbox."""
    for name in (signing.TRUST_VARIABLE, signing.DIGEST_VARIABLE, waivers.FOLDER_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REMPART_STATE_DIR", str(state_dir))
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{state_dir}")
    monkeypatch.setenv("OSC_ENDPOINT_API", ENDPOINTS[0])
    monkeypatch.setenv("OOS_ENDPOINT", ENDPOINTS[1])


def keep_records(monkeypatch: pytest.MonkeyPatch, folder: pathlib.Path) -> None:
    """This checkout's evidence and continuity records in a folder of the test's own, which has no waiver yet."""
    for name in ("evidence", "continuity"):
        (folder / name).symlink_to(records.folder() / name)
    monkeypatch.setattr(records, "folder", lambda: folder)


def run(estate: Estate, name: str, *, preview: bool = False, end: bool = True) -> Session:
    """One layer of an estate through a session; `end=False` stops it as a kill would."""
    session = Session(f"{estate.plan.platform}.outscale-sandbox.dev.{name}", preview)
    part = layer(estate, name)
    for one in part.resources.values():
        session.resource(session.fact(one.kind, one.urn, one.name, one.properties, one.provider, None, one.told))
    if end:
        session.whole(part.facts())
    return session
