"""NET-12: partners come by links of their own, under current algorithms."""

from __future__ import annotations

import collections
import re
from collections.abc import Iterator

from blueprint import data_plan
from blueprint import plan as plans
from policies.context import Context
from policies.rules import userdata
from policies.rules.model import Rule
from policies.rules.words import empty
from policies.verdicts import State, Verdict, refused


def links_of_partners(context: Context) -> tuple[Verdict, ...]:
    """Each partner's link is IKEv2, under an authenticated cipher and a strong group, and shares no secret."""
    found = tuple(_links(context))
    return found or (Verdict(State.NOT_APPLICABLE, "nobody comes by a link"),)


def _links(context: Context) -> Iterator[Verdict]:
    secrets = collections.Counter(one.link.secret for one in context.plan.externals if one.link is not None)
    for external in context.plan.externals:
        if external.link is not None:
            wrong = _weak(external.link, secrets, context)
            if wrong:
                yield refused(wrong, subject=external.subject, field="link")
            else:
                message = "its link is declared; no adapter makes or reads one, and the partner holds its other end"
                yield Verdict(State.EVIDENCE_REQUIRED, message, external.subject, scope=external.subject)
        elif _needs_link(external, context):
            message = "the blueprint does not say by which link it comes (`link`)"
            yield Verdict(State.EVIDENCE_REQUIRED, message, external.subject, scope=external.subject)


def _needs_link(external: plans.External, context: Context) -> bool:
    """Whether it sends data in by no public way, or says that IPsec protects what it sends or is sent."""
    for flow in context.plan.flows:
        if external.subject not in (flow.source, flow.destination):
            continue
        receiver = context.index.bubble_of(flow.destination)
        delivers = receiver is not None and receiver.kind is plans.BubbleKind.INGESTION
        if flow.encryption == "ipsec" or (external.via == "private" and delivers):
            return True
    return False


def _weak(link: data_plan.Link, secrets: collections.Counter[str | None], context: Context) -> str | None:
    """What is wrong with a link, in words; None where nothing is."""
    if link.partner not in context.plan.partners:
        return f"its link leads to {link.partner}, who gives no data"
    if link.ike != context.parameter("NET-12", "ike"):
        return "the key exchange of its link is not IKEv2"
    spelled = re.sub(r"[^A-Z0-9]", "", link.encryption.upper())
    if not re.fullmatch("|".join(context.parameter("NET-12", "encryption")), spelled):
        return "the cipher of its link is not AES-GCM of at least 128 bits"
    if link.group not in context.parameter("NET-12", "groups"):
        return f"group {link.group} of its link is not one of those allowed"
    if link.authentication == "certificate":
        return None
    if empty(link.secret):
        return "its link does not name its secret in the vault"
    if not _named(str(link.secret), context):
        return "what its link gives for a secret is no path in a vault (such as `links/a`): the secret is never written"
    return "its link shares its secret with another one" if secrets[link.secret] > 1 else None


def _named(secret: str, context: Context) -> bool:
    """Whether it reads as a path in a vault, no part of which could be the secret itself."""
    path = re.fullmatch(context.parameter("NET-12", "secret_path"), secret)
    return path is not None and not any(userdata.looks_random(part) for part in (secret, *secret.split("/")))


RULES = (Rule("NET-12", run=links_of_partners),)
