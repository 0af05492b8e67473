"""Accounts at the provider: one directory, two factors at every door, keys that end, few rights, reviewed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import fnmatch
import functools
from collections.abc import Callable, Iterator, Sequence

from blueprint import data_plan, facts
from blueprint.facts import Fact
from policies import addresses
from policies.context import Context
from policies.rules import attested
from policies.rules.model import Rule, RunRule
from policies.rules.words import empty
from policies.verdicts import State, Verdict, refused, unread

Judged = Callable[[data_plan.Accounts, Context], tuple[str, str] | None]
"""(field, what is wrong with it) of the accounts; None where nothing is."""


def _declared(judged: Judged, unread: str, context: Context) -> Verdict:
    """What is declared badly is refused; the rest, which no adapter reads, needs a record."""
    accounts = context.plan.accounts
    if accounts is None:
        message = "the blueprint does not say how persons and services get in (`accounts`)"
        return attested.of_platform(context, message)
    if wrong := judged(accounts, context):
        field, message = wrong
        return refused(message, subject=accounts.subject, field=field)
    return attested.of_platform(context, f"it is declared; no adapter reads {unread}", accounts.subject)


# IAM-01


def _one_directory(accounts: data_plan.Accounts, context: Context) -> tuple[str, str] | None:
    if empty(accounts.directory):
        return "directory", "no directory knows the persons"
    bastion = context.plan.bastion
    other = bastion.sign_in.directory if bastion and bastion.sign_in else None
    if other is not None and other != accounts.directory:
        return "directory", "the bastion knows persons from another directory"
    most = context.parameter("IAM-01", "local")
    if accounts.local > most:
        return "local", f"{accounts.local} persons have an account beside the directory; {most} at most may"
    return None


# IAM-02


def _two_factors(accounts: data_plan.Accounts, context: Context) -> tuple[str, str] | None:
    known = {door.name: door for door in accounts.doors}
    for name in context.parameter("IAM-02", "doors"):
        if name not in known:
            return "doors", f"nothing says how one gets in by {name}"
        if known[name].mfa not in context.parameter("IAM-02", "mfa"):
            return "doors", f"the second factor of {name} is {known[name].mfa}"
    return None


# IAM-06


def _keys_end(accounts: data_plan.Accounts, context: Context) -> tuple[str, str] | None:
    if accounts.access_keys == "none":
        return None
    if accounts.access_keys != "services":
        return "access_keys", "persons hold keys of the API, which ask for no second factor"
    most = context.parameter("IAM-06", "days")
    if accounts.access_key_days is None or not 1 <= accounts.access_key_days <= most:
        return "access_key_days", f"keys of the API do not end within {most} days"
    return None


def made_to_end(fact: facts.Credential, context: Context) -> Verdict:
    """A key of the API that a resource makes ends soon. When it began, its type does not say: a record does."""
    if fact.opens != "api":
        return Verdict(State.NOT_APPLICABLE, "it is no key of the provider's API")
    if trouble := unread(fact, "until"):
        return trouble
    try:
        ends = dt.date.fromisoformat(str(fact.until)[:10])
    except ValueError:
        return refused("its end is no day")
    most = context.parameter("IAM-06", "days")
    if (ends - context.as_of).days > most:
        return refused(f"it does not end within {most} days")
    message = f"it ends on {ends}; that it began less than {most} days before, and what it may do, nothing here shows"
    return Verdict(State.EVIDENCE_REQUIRED, message, scope="kinds/credential")


def written_out(everything: Sequence[Fact], _context: Context) -> Iterator[Verdict]:
    """A credential of a provider that stands in a file is everybody's who reads the file, with no end to it."""
    for fact in everything:
        if isinstance(fact, facts.ProviderConfiguration) and fact.secret:
            verdict = refused(f"its credential is written out (`{fact.secret}`): whoever reads the file holds it")
            yield dataclasses.replace(verdict, subject=fact.origin.name, urn=fact.origin.urn)


# IAM-07


def _reviewed(accounts: data_plan.Accounts, context: Context) -> tuple[str, str] | None:
    for field, parameter, whose in (
        ("review_days", "days", "persons"),
        ("technical_review_days", "technical_days", "services"),
    ):
        given, most = getattr(accounts, field), context.parameter("IAM-07", parameter)
        if given is None or not 1 <= given <= most:
            return field, f"no review of the rights of {whose} every {most} days at most is declared"
    return None


# IAM-09


def _same_rules(accounts: data_plan.Accounts, context: Context) -> tuple[str, str] | None:
    if len({(door.mfa, frozenset(door.allowed)) for door in accounts.doors}) > 1:
        names = ", ".join(door.name for door in accounts.doors)
        return "doors", f"{names} are not under the same rules"
    for subject in sorted({one for door in accounts.doors for one in door.allowed}):
        external = context.index.externals.get(subject)
        if external is None or not external.administration:
            return "doors", f"{subject} gets in and is no place of administration"
        limits = {4: context.parameter("IAM-09", "ipv4_prefix"), 6: context.parameter("IAM-09", "ipv6_prefix")}
        if addresses.wide(external.cidrs, limits):
            return "doors", f"{subject} is almost anywhere"
        if external.country is not None and external.country not in context.parameter("SOV-05", "countries"):
            return "doors", f"{subject} lies outside the European Union"
    return None


# IAM-04


def nothing_whole(context: Context) -> tuple[Verdict, ...]:
    """No role has an action or a subject by wildcard, nor two actions by which one takes every right."""
    if not context.plan.rights:
        message = "the blueprint does not say what roles may do (`rights`)"
        return (attested.of_platform(context, message),)
    roles = dict.fromkeys(right.subject for right in context.plan.rights)
    return tuple(_role(role, [one for one in context.plan.rights if one.subject == role], context) for role in roles)


def _role(role: str, rights: list[data_plan.Right], context: Context) -> Verdict:
    actions = {action.strip().lower() for right in rights for action in right.actions}
    if wild := sorted(action for action in actions if "*" in action or "?" in action):
        return refused(f"{wild[0]} gives more than one action", subject=role, field="rights")
    for subject in (one for right in rights for one in right.on):
        if subject not in context.index.subjects:
            return refused(f"{subject} is nothing of the plan", subject=role, field="rights")
    for pair in context.parameter("IAM-04", "escalations"):
        if all(any(fnmatch.fnmatch(action, part) for action in actions) for part in pair.split(" ")):
            return refused(
                f"it may {pair.replace(' ', ' and ')}: it can take every right", subject=role, field="rights"
            )
    message = "its rights are declared; no adapter reads the policies that give them"
    return Verdict(State.EVIDENCE_REQUIRED, message, role, scope=role)


def _rule(identifier: str, judged: Judged, unread: str) -> Rule:
    run: RunRule = functools.partial(_declared, judged, unread)
    return Rule(identifier, run=run)


RULES = (
    _rule("IAM-01", _one_directory, "the users that stand at the provider"),
    _rule("IAM-02", _two_factors, "the account's access policy"),
    Rule("IAM-04", run=nothing_whole),
    Rule(
        "IAM-06",
        (facts.Credential,),
        made_to_end,
        written_out,
        functools.partial(_declared, _keys_end, "access keys"),
    ),
    _rule("IAM-07", _reviewed, "who holds a role, nor shows a review"),
    _rule("IAM-09", _same_rules, "the account's access rules"),
)
