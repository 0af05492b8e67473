"""What every stack runs: read the stack's name, plan, and register one layer."""

from __future__ import annotations

import datetime as dt
import os

import pulumi

from blueprint import attestation, errors, loader, planner, target
from blueprint import plan as plans
from blueprint import stack as stacks
from components import landing_zone
from providers import capabilities, contracts, registry
from stacks import references

PUBLIC_KEY = "REMPART_BASTION_PUBLIC_KEY"


def run() -> None:
    """Registers the layer that the stack's name says. Whatever is wrong with the input ends in one message."""
    try:
        name = stacks.parse(pulumi.get_stack())
        stacks.check_whole(name)
        where = target.load(name.target)
        loaded = loader.load(loader.find(name.platform))
        attestation.require(str(name))
        plan = planner.plan(loaded, where, name.environment)
        adapters = registry.load(where.provider)
        missing = lacking(loaded, plan, where)
    except errors.RempartError as error:
        raise pulumi.RunError(str(error)) from None
    if missing:
        raise pulumi.RunError(missing)
    layer(name, plan, where, adapters)


def lacking(loaded: loader.Loaded, plan: plans.Plan, where: target.Target) -> str:
    """What the offer does not have for this blueprint, in one message; "" where nothing is missing."""
    offer = capabilities.load(where.provider).offer(where.offer)
    if offer is None:
        return f"{where.file}: offer {where.offer!r} is not in providers/{where.provider}/capabilities.yaml"
    declared = [workaround.name for workaround in loaded.blueprint.workarounds.values()]
    problems = capabilities.check(offer, plan.needs, where.as_of or dt.date.today(), declared)
    if not problems:
        return ""
    return f"{offer.name} lacks what {plan.platform} needs:\n" + "\n".join(f"  {problem}" for problem in problems)


def layer(name: stacks.StackName, plan: plans.Plan, where: target.Target, adapters: contracts.Adapters) -> None:
    """One layer, and its contract as the stack's outputs."""
    offer = capabilities.load(where.provider).offers[where.offer]
    session = adapters.session.connect(plan, contracts.Place(offer, endpoints(where), where.settings), None)
    network = contracts.Segmentation()
    if "network" in stacks.STANDS_ON.get(name.layer, ()):
        network = references.network(name, adapters.network.exports(session))
    zone = landing_zone.LandingZone(
        f"{plan.platform}-{name.layer}",
        landing_zone.LandingZoneArgs(
            plan=plan,
            layer=name.layer,
            adapters=adapters,
            session=session,
            network=network,
            public_key=public_key(plan) if name.layer == "bastion" else "",
        ),
    )
    pulumi.export("rempart", zone.outputs)
    pulumi.export("simulated", plan.simulated)
    pulumi.export("guarantees", landing_zone.GUARANTEES[name.layer])
    pulumi.export("transformed", session.transformed)


def endpoints(where: target.Target) -> dict[str, str]:
    """The target's endpoints: it names environment variables, this reads them."""
    missing = [variable for variable in where.endpoints.values() if not os.environ.get(variable)]
    if missing:
        raise pulumi.RunError(
            f"target {where.name} needs {', '.join(sorted(missing))} in the environment: "
            + ("run `rempart sandbox up`, then `make shell`" if where.simulated else "export them, then try again")
        )
    return {api: os.environ[variable] for api, variable in where.endpoints.items()}


def public_key(plan: plans.Plan) -> str:
    """The administrators' OpenSSH public key, from the stack's configuration or the environment."""
    if plan.bastion is None:
        return ""
    key = pulumi.Config("rempart").get("bastionPublicKey") or os.environ.get(PUBLIC_KEY, "")
    if not key.startswith(("ssh-ed25519 ", "ecdsa-sha2-", "ssh-rsa ", "sk-")):
        raise pulumi.RunError(
            "the bastion needs an OpenSSH public key: "
            '`pulumi config set rempart:bastionPublicKey "$(cat ~/.ssh/id_ed25519.pub)"`'
        )
    return key.strip()
