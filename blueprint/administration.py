"""How the platform is administered, as the plan says it: sign-in, recording, who must say yes, what holds the keys."""

from __future__ import annotations

from blueprint import model, references
from blueprint.data_plan import Approval, KeyModule, Recording, SignIn


def sign_in(bastion: model.Bastion) -> SignIn | None:
    block = bastion.sign_in
    return SignIn(block.mfa, block.nominative, block.directory, block.lockout_attempts) if block else None


def recording(bastion: model.Bastion) -> Recording | None:
    return Recording(bastion.recording.mode, bastion.recording.bucket) if bastion.recording else None


def approvals(bastion: model.Bastion) -> tuple[Approval, ...]:
    """By class of operations, in alphabetical order."""
    return tuple(
        Approval(operation, block.at_least, block.roles, block.author_excluded)
        for operation, block in sorted(bastion.approvals.items())
    )


def key_module(blueprint: model.Blueprint) -> KeyModule | None:
    block = blueprint.keys.module if blueprint.keys else None
    if block is None:
        return None
    proof = block.certificate
    scheme, level, number, until = (
        (proof.scheme, proof.level, proof.number, proof.valid_until) if proof else (None,) * 4
    )
    endpoint = references.ends(blueprint)[block.endpoint]
    return KeyModule("keys/module", endpoint, block.logs, block.readers, scheme, level, number, until)
