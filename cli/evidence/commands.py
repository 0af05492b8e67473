"""`rempart evidence make` and `verify`."""

from __future__ import annotations

import datetime as dt
import functools
import json
import pathlib
from collections.abc import Mapping, Sequence

import rich.markup

from blueprint import workspace
from blueprint.errors import RempartError, display
from cli import console, exit_codes
from cli.evidence import collecting, heads
from policies import signing
from policies.bundle import archive, bundle, manifest, stamping
from policies.bundle.bundle import Checked
from policies.bundle.manifest import Manifest


class BadChain(RempartError):
    """The bundle before this one cannot be continued."""


def make(
    platform: str,
    target: str,
    environment: str,
    key: str,
    output: str | None,
    previous: str | None,
    authority: str | None,
    lock_to: str | None,
) -> int:
    """Writes the bundle, and checks it as its reader will. Exit code 0 where everything was done."""
    where = heads.place(lock_to) if lock_to else None
    folder = workspace.state_dir() / "evidence" / f"{platform}.{target}.{environment}"
    before = _before(pathlib.Path(previous) if previous else _newest(folder), f"{platform}.{target}.{environment}")
    found = collecting.collect(platform, target, environment)
    whole = Manifest(
        platform=platform,
        target=target,
        environment=environment,
        simulated=found.simulated,
        made_at=dt.datetime.now(dt.UTC).replace(microsecond=0),
        sequence=before.sequence + 1 if before else 1,
        previous=before.head if before else None,
        digests=found.digests,
        members=manifest.listed(found.members),
    )
    stamp = functools.partial(stamping.ask, authority) if authority else None
    content = bundle.seal(whole, found.members, pathlib.Path(key).expanduser(), stamp)
    path = pathlib.Path(output) if output else folder / f"{whole.sequence:06d}.tar"
    _write(path, content)
    out = console.out()
    out.print(rich.markup.escape(f"written: {path}"), soft_wrap=True)
    out.print(f"bundle {whole.sequence} of {whole.chain}, head {whole.head}", soft_wrap=True)
    for text in found.missing:
        out.print(f"[yellow]missing[/] {rich.markup.escape(text)}", soft_wrap=True)
    if where is not None:
        out.print(rich.markup.escape(f"head kept: {heads.put(where, whole)}"), soft_wrap=True)
    out.print(f"`rempart evidence verify {rich.markup.escape(path.name)}` checks it anywhere", soft_wrap=True)
    return exit_codes.OK


def keep(file: str, lock_to: str) -> int:
    """Puts the head of a bundle in a locked bucket, if it is not there yet."""
    members = archive.read(pathlib.Path(file))
    whole = manifest.parse(members.get(manifest.FILE, b""))
    address = heads.put(heads.place(lock_to), whole)
    console.out().print(rich.markup.escape(f"head kept: {address}"), soft_wrap=True)
    return exit_codes.OK


def verify(files: Sequence[str], signers_file: str | None, roots: str | None, heads_at: str | None, format: str) -> int:
    """Checks bundles, and the chain that they form. Exit code 0 where all of them hold, 1 where one does not."""
    if format not in ("text", "json"):
        raise BadChain(f"--format {format!r} is unknown: use text, json")
    signers = signing.read(pathlib.Path(signers_file)) if signers_file else signing.trust()
    if not signers.names:
        raise signing.SigningError("nobody is allowed to sign: give --signers, or set REMPART_TRUST")
    authority = pathlib.Path(roots) if roots else None
    found = {name: bundle.check(pathlib.Path(name), signers, authority) for name in files}
    chain = bundle.chained(list(found.values()))
    where = heads.place(heads_at) if heads_at else None
    kept, newer = (_kept(found, where), _newer(found, where)) if where else ({}, {})
    for name, number in newer.items():
        console.err().print(f"{heads_at} knows a newer bundle of {name}: {number}", soft_wrap=True)
    bad = bool(chain) or not all(one.holds for one in found.values()) or any(text for _, text in kept.values())
    if format == "json":
        console.out().file.write(
            json.dumps(_plain(found, chain, kept, newer, not bad), indent=2, ensure_ascii=False) + "\n"
        )
    else:
        _print(found, chain, kept, signers)
    return exit_codes.VIOLATION if bad else exit_codes.OK


Kept = dict[str, tuple[str, str]]
"""File -> (until when its head is kept, what is wrong with it)."""


def _kept(found: dict[str, Checked], where: heads.Place) -> Kept:
    result: Kept = {}
    for name, one in found.items():
        if one.manifest is None:
            continue
        try:
            result[name] = (heads.check(where, one.manifest).date().isoformat(), "")
        except heads.NotKept as error:
            result[name] = ("", str(error))
    return result


def _newer(found: dict[str, Checked], where: heads.Place) -> dict[str, int]:
    """Chain -> number of its last bundle, where the bucket knows one after those that are given."""
    given: dict[str, int] = {}
    for one in found.values():
        if one.manifest:
            given[one.manifest.chain] = max(one.manifest.sequence, given.get(one.manifest.chain, 0))
    return {chain: last for chain, number in given.items() if (last := heads.last(where, chain)) > number}


def _newest(folder: pathlib.Path) -> pathlib.Path | None:
    return max(folder.glob("*.tar"), default=None)


def _before(path: pathlib.Path | None, chain: str) -> Manifest | None:
    """The bundle that the new one continues."""
    if path is None:
        return None
    members = archive.read(path)
    if manifest.FILE not in members:
        raise BadChain(f"{display(path)} is no evidence bundle: it cannot be continued")
    whole = manifest.parse(members[manifest.FILE])
    if whole.chain != chain:
        raise BadChain(f"{display(path)} is of {whole.chain}, not of {chain}: name the right one with --previous")
    return whole


def _write(path: pathlib.Path, content: bytes) -> None:
    if path.exists():
        raise BadChain(f"{display(path)} exists: a bundle is never written over; name another place with --output")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(content)
    draft.replace(path)


def _print(found: dict[str, Checked], chain: list[tuple[str, str]], kept: Kept, signers: signing.Signers) -> None:
    out = console.out()
    for name, one in found.items():
        verdict = "[green]holds[/]" if one.holds else "[bold red]does not hold[/]"
        out.print(f"{rich.markup.escape(name)}: {verdict}", soft_wrap=True)
        for member, text in one.problems:
            out.print(f"  [red]{rich.markup.escape(member)}[/]: {rich.markup.escape(text)}", soft_wrap=True)
        if one.manifest is None:
            continue
        for line in _lines(one, signers):
            out.print(f"  {rich.markup.escape(line)}", soft_wrap=True)
        until, wrong = kept.get(name, ("", ""))
        if wrong:
            out.print(f"  [red]head[/]: {rich.markup.escape(wrong)}", soft_wrap=True)
        elif until:
            out.print(f"  head kept in the locked bucket until {until}")
    for name, text in chain:
        out.print(f"[red]chain[/] {rich.markup.escape(f'{name}: {text}')}", soft_wrap=True)


def _lines(one: Checked, signers: signing.Signers) -> list[str]:
    whole = one.manifest
    assert whole is not None
    trust = "" if signers.independent else " (signers inside this checkout: self-declared)"
    lines = [
        f"bundle {whole.sequence} of {whole.chain}, made {whole.made_at.isoformat()}, {len(whole.members)} members",
        f"previous {whole.previous or 'none: the first of its chain'}; head {whole.head}",
    ]
    if whole.simulated:
        lines.append("simulated: it says nothing of a real provider")
    if one.signed:
        lines.append(f"signed by {', '.join(one.signed.names)} with {one.signed.fingerprint}{trust}")
    if one.stamped_at:
        lines.append(f"an authority saw the signature at {one.stamped_at.isoformat()}")
    elif one.has_stamp:
        lines.append("it has a time stamp, not checked: give --tsa-roots")
    return lines


def _plain(
    found: dict[str, Checked], chain: list[tuple[str, str]], kept: Kept, newer: Mapping[str, int], holds: bool
) -> dict[str, object]:
    return {
        "holds": holds,
        "bundles": [
            {
                "file": name,
                "holds": one.holds,
                "problems": [{"member": member, "problem": text} for member, text in one.problems],
                "chain": one.manifest.chain if one.manifest else None,
                "sequence": one.manifest.sequence if one.manifest else None,
                "head": one.manifest.head if one.manifest else None,
                "simulated": one.manifest.simulated if one.manifest else None,
                "signed_by": list(one.signed.names) if one.signed else [],
                "fingerprint": one.signed.fingerprint if one.signed else None,
                "stamped_at": one.stamped_at.isoformat() if one.stamped_at else None,
                "head_kept_until": kept.get(name, ("", ""))[0] or None,
                "head_problem": kept.get(name, ("", ""))[1] or None,
            }
            for name, one in found.items()
        ],
        "chain_problems": [{"bundle": name, "problem": text} for name, text in chain],
        "newer_bundles": dict(newer),
    }
