"""Evidence bundles: made once, signed by a person, checked anywhere from the archive and the allowed signers alone."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import pathlib
from collections.abc import Callable, Mapping, Sequence

from policies import signing
from policies.bundle import archive, manifest, stamping
from policies.bundle.archive import Broken
from policies.bundle.manifest import FILE, SEALS, SIGNATURE, STAMP, SUMS, Manifest
from policies.signing import BadSignature, Namespace, Signed, Signers

CLOCKS = dt.timedelta(minutes=10)
"""How far two clocks may be apart that are both right."""
Stamp = Callable[[bytes], bytes]
"""Signature -> an authority's time stamp over it."""


@dataclasses.dataclass(frozen=True)
class Checked:
    """What a verification found. Without `problems`, everything in the bundle is as it was signed."""

    manifest: Manifest | None
    problems: tuple[tuple[str, str], ...]
    """(member, what is wrong with it)."""
    signed: Signed | None = None
    stamped_at: dt.datetime | None = None
    """Proven by an authority; None where no stamp is there, or no root was given to check it."""
    has_stamp: bool = False

    @property
    def holds(self) -> bool:
        return not self.problems and self.signed is not None


def seal(whole: Manifest, members: Mapping[str, bytes], key: pathlib.Path, stamp: Stamp | None = None) -> bytes:
    """The archive of `members`, which `whole` lists, signed with `key`."""
    if clash := set(members) & set(SEALS):
        raise Broken(min(clash), "the name is the bundle's own")
    content = whole.encode()
    signature = signing.sign(content, key, Namespace.EVIDENCE).encode("ascii")
    everything = {**members, FILE: content, SIGNATURE: signature}
    if stamp is not None:
        everything[STAMP] = stamp(signature)
    everything[SUMS] = manifest.sums(whole, everything)
    return archive.encode(archive.ordered(everything, SEALS))


def check(path: pathlib.Path, signers: Signers, roots: pathlib.Path | None = None) -> Checked:
    """Everything that can be said of a bundle from itself, the signers and, for its time stamp, the roots."""
    try:
        members = archive.read(path)
        whole = manifest.parse(_member(members, FILE))
    except Broken as error:
        return Checked(None, ((error.member, str(error).removeprefix(f"{error.member}: ")),))
    stamped_at, trouble = _stamped(whole, members, roots)
    signed, refusal = _signed(members, signers, stamped_at)
    unsealed = _unsealed(whole, members)
    if refusal and FILE in unsealed and SIGNATURE not in unsealed:
        return Checked(whole, ((FILE, "its content is not what was signed"),), has_stamp=STAMP in members)
    problems = _content(whole, members)
    problems += [(SIGNATURE, refusal)] if refusal else []
    problems += [(STAMP, trouble)] if trouble else []
    problems += _sums(whole, members, unsealed - {name for name, _ in problems})
    problems += _order(members)
    return Checked(whole, tuple(problems), signed, stamped_at, STAMP in members)


def chained(found: Sequence[Checked]) -> list[tuple[str, str]]:
    """What is wrong between the bundles of one chain; gaps are shown, never assumed."""
    problems = []
    known = sorted((one.manifest for one in found if one.manifest), key=lambda one: (one.chain, one.sequence))
    for before, after in itertools.pairwise(known):
        name = f"{after.chain} {after.sequence}"
        if before.chain != after.chain:
            continue
        if before.sequence == after.sequence:
            problems.append((name, "two bundles have this number: the chain was forked"))
        elif after.sequence != before.sequence + 1:
            problems.append((name, f"bundle {before.sequence + 1} is missing before it"))
        elif after.previous != before.head:
            problems.append((name, f"it does not continue bundle {before.sequence}: another one stood before it"))
        elif after.made_at < before.made_at:
            problems.append((name, f"it says that it was made before bundle {before.sequence}: a clock was wrong"))
    return problems


def _member(members: Mapping[str, bytes], name: str) -> bytes:
    if name not in members:
        raise Broken(name, "the bundle has no such member")
    return members[name]


def _content(whole: Manifest, members: Mapping[str, bytes]) -> list[tuple[str, str]]:
    found = manifest.listed({name: content for name, content in members.items() if name not in SEALS})
    names = sorted({*found, *whole.members})
    problems = [(name, _difference(whole.members.get(name), found.get(name))) for name in names]
    begun = [("manifest.json", "the first bundle of a chain has nothing before it, any other has")]
    return [(name, text) for name, text in problems if text] + (
        begun if (whole.sequence == 1) != (whole.previous is None) else []
    )


def _difference(wanted: manifest.Member | None, got: manifest.Member | None) -> str:
    if wanted is None:
        return "the manifest does not list it: it was added"
    if got is None:
        return "the manifest lists it, and it is not there: it was taken out"
    return "" if wanted == got else "its content is not what was signed"


def _signed(members: Mapping[str, bytes], signers: Signers, at: dt.datetime | None) -> tuple[Signed | None, str | None]:
    """Who signed the manifest, or why nobody did."""
    try:
        signature = _member(members, SIGNATURE).decode("ascii", errors="replace")
        return signing.verify(members[FILE], signature, signers, Namespace.EVIDENCE, at), None
    except (BadSignature, Broken) as error:
        return None, str(error).removeprefix(f"{SIGNATURE}: ")


def _unsealed(whole: Manifest, members: Mapping[str, bytes]) -> set[str]:
    """Members whose line is not in the list of sums, which covers the seals too."""
    there = set(members.get(SUMS, b"").splitlines())
    wanted = manifest.sums(whole, members).splitlines()
    return {line.rpartition(b"  ")[2].decode() for line in wanted if line not in there}


def _sums(whole: Manifest, members: Mapping[str, bytes], unexplained: set[str]) -> list[tuple[str, str]]:
    """A seal against which nothing else speaks may have changed, or the list itself: both are named."""
    if members.get(SUMS) == manifest.sums(whole, members):
        return []
    found = [(name, "its content is not what was sealed") for name in (SIGNATURE, STAMP) if name in unexplained]
    explained = not unexplained and _unsealed(whole, members)
    return found if explained else [*found, (SUMS, "it does not list what the bundle holds")]


def _order(members: Mapping[str, bytes]) -> list[tuple[str, str]]:
    wanted = [name for name, _ in archive.ordered(members, SEALS)]
    return [] if list(members) == wanted else [("the archive", "its members are not in the order of a bundle")]


def _stamped(
    whole: Manifest, members: Mapping[str, bytes], roots: pathlib.Path | None
) -> tuple[dt.datetime | None, str | None]:
    if STAMP not in members or roots is None:
        return None, None
    try:
        seen = stamping.verify(members[STAMP], members.get(SIGNATURE, b""), roots)
    except stamping.NoStamp as error:
        return None, str(error)
    if whole.made_at > seen + CLOCKS:
        return seen, f"an authority saw it at {seen.isoformat()}, before it says that it was made: a clock was wrong"
    return seen, None
