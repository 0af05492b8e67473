"""What an evidence bundle holds and where it stands in its chain: the one document that is signed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Literal

from pydantic import AwareDatetime, Field, ValidationError

from blueprint.model import Model, Text
from policies.bundle.archive import Broken
from policies.records.evidence import Digest

FILE, SIGNATURE, STAMP, SUMS = "manifest.json", "manifest.json.sig", "manifest.json.tsr", "SHA256SUMS"
SEALS = (SUMS, FILE, SIGNATURE, STAMP)
"""What stands beside the content; the manifest lists everything else."""


class Member(Model):
    sha256: Digest
    bytes: int


class Manifest(Model):
    """`previous` is the head of the bundle before, the SHA-256 of its manifest; None for the first of a chain."""

    kind: Literal["rempart-evidence"] = "rempart-evidence"
    version: Literal[1] = 1
    platform: Text
    target: Text
    environment: Text
    simulated: bool
    """True: the provider was simulated, and this proves nothing about a real one."""
    made_at: AwareDatetime
    sequence: int = Field(ge=1)
    previous: Digest | None
    digests: dict[Text, Digest]
    """Of what decided and was decided: blueprint, plan, pack, catalogue, state, signers."""
    members: dict[Text, Member]

    @property
    def chain(self) -> str:
        return f"{self.platform}.{self.target}.{self.environment}"

    def encode(self) -> bytes:
        """The canonical bytes that are signed."""
        return (json.dumps(self.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()

    @property
    def head(self) -> str:
        """What the next bundle of the chain names, and what a locked bucket keeps."""
        return sha256(self.encode())


def listed(members: Mapping[str, bytes]) -> dict[str, Member]:
    return {name: Member(sha256=sha256(content), bytes=len(content)) for name, content in members.items()}


def parse(content: bytes) -> Manifest:
    """Raises `Broken` for what is not a manifest in its canonical form."""
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"])) or "the document"
        raise Broken(FILE, f"it is not a manifest ({place})") from None
    if manifest.encode() != content:
        raise Broken(FILE, "it is not in the form in which it was written")
    return manifest


def sums(whole: Manifest, seals: Mapping[str, bytes]) -> bytes:
    """For `sha256sum -c`: what the manifest lists, and the seals beside it."""
    digests = {name: member.sha256 for name, member in whole.members.items()}
    digests |= {name: sha256(content) for name, content in seals.items() if name in SEALS and name != SUMS}
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items())).encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
