"""What every provider's `facts.py` says alike: the engine's own resources, what joins two others, where ids point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from blueprint import facts, stack, values
from blueprint.facts import Fact, Origin
from blueprint.properties import Properties

COMPONENTS = "rempart:components:"
"""How the types of this project's components begin."""
Builder: TypeAlias = Callable[[Origin, Properties, Properties], Fact]
"""(origin, the resource's properties, those of its provider's configuration) -> the fact."""


def support(role: str, **ends: str) -> Builder:
    """`ends` maps what the resource joins to the property that gives its id."""
    return lambda origin, _props, _provider: facts.Support(
        origin, role, {end: origin.references.get(key) for end, key in ends.items()}
    )


def access_key(origin: Origin, props: Properties, _provider: Properties) -> Fact:
    """Both providers call its public half so."""
    return facts.AccessKey(origin, props.given("publicKey"))


def _stack_reference(origin: Origin, props: Properties, _provider: Properties) -> Fact:
    return facts.StackReference(origin, props.text("name", ""))


ENGINE: Mapping[str, Builder] = {
    "pulumi:pulumi:Stack": support("stack"),
    stack.REFERENCE: _stack_reference,
    "pulumi:providers:pulumi": support("engine-provider"),  # serves stack references, and creates nothing
}


def others(props: Properties, *read: str) -> tuple[str, ...]:
    """Arguments of a provider beside those that its facts `read`: a closed world, as of types.

    Left out is what the engine writes by itself, and what only slows calls down.
    """
    known = {*read, "version", "alias", "maxRetries", "requestsPerSecond", "flavor"}
    return tuple(sorted(key for key, value in props.values.items() if key not in known and value not in (None, "", {})))


def marks(props: Properties) -> tuple[str | None, Mapping[str, str]]:
    """Subject and references of a resource that has a property for each; one of another form is none."""
    subject, references = props.text("subject", None), props.texts_by_name("references")
    return subject if isinstance(subject, str) else None, references if values.known(references) else {}


def targets(kind: str, props: Properties, types: Mapping[str, str]) -> dict[str, str]:
    """`netId` -> Net, `securityGroupIds[0]` -> SecurityGroup: every id that is given, of those that `types` knows.

    A kind's own name (a key pair's) is no reference.
    """
    found: dict[str, str] = {}
    for key, target in types.items():
        value = props.raw(key)
        if value is None or target == kind:
            continue
        if key.endswith("Ids"):
            count = len(value) if isinstance(value, list) else 1
            found.update({f"{key}[{index}]": target for index in range(count)})
        else:
            found[key] = target
    return found


def flow(subject: str | None) -> str | None:
    """The flow that a filter rule says it implements: `flows/f/ingress/b.z/1` -> `flows/f`."""
    return "/".join(subject.split("/")[:2]) if subject and subject.startswith("flows/") else None
