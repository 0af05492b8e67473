"""How the platform is administered, as the plan says it: sign-in, recording, and who must say yes."""

from __future__ import annotations

from blueprint import model
from blueprint.data_plan import Approval, Recording, SignIn


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
