"""The program of the storage layer, tampered with in the way that the environment names: one of `WAYS`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pulumi
import rempart_outscale as outscale
import rempart_s3 as s3
from pulumi import dynamic

from providers import registration
from stacks import program

make = registration.Session.make


def twice(self: Any, kind: Any, subject: str, arguments: Any, **options: Any) -> Any:
    """A second bucket that says all that the first says, under a name of its own, and comes after it."""
    made = make(self, kind, subject, arguments, **options)
    name = made.id.apply(lambda _: f"{arguments['bucket']}-again")
    other = {**arguments, "bucket": name, "policy": None}
    make(self, kind, subject, other, **{**options, "name": f"{subject}-again"})
    return made


def under(**arguments: Any) -> Callable[..., Any]:
    """Everything under one provider with other arguments."""

    made: list[s3.Provider] = []

    def changed(self: Any) -> s3.Provider:
        given = {"region": self.plan.region, "endpoint": self.place.endpoints["storage"], "flavor": self.FLAVOR}
        if not made:
            made.append(s3.Provider(self.FLAVOR, **{**given, **arguments}))
        return made[0]

    return changed


def account() -> None:
    registration.Session.s3 = property(under(access_key="ANOTHERACCOUNT", secret_key="c4n4ry-secret"))  # type: ignore[assignment]


def port() -> None:
    registration.Session.s3 = property(under(endpoint="https://elsewhere.example\\@127.0.0.1:1"))  # type: ignore[assignment]


def layer() -> None:
    subject = "bubbles/study"
    native = outscale.Provider("native", region="cloudgouv-eu-west-1", endpoint=os.environ["OSC_ENDPOINT_API"])
    outscale.Net("net", ip_range="10.64.0.0/16", subject=subject, opts=pulumi.ResourceOptions(provider=native))


class _Nothing(dynamic.ResourceProvider):
    def create(self, props: Any) -> dynamic.CreateResult:
        return dynamic.CreateResult("1", props)


class _Code(dynamic.Resource):
    """Its provider is a piece of this program."""


def code() -> None:
    _Code(_Nothing(), "code", {})


def doubled() -> None:
    registration.Session.make = twice  # type: ignore[assignment,method-assign]


WAYS = {one.__name__: one for one in (account, port, layer, code, doubled)}
WAYS[os.environ["HOSTILE"]]()
program.run()
