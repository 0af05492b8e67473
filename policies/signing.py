"""Signatures of persons, with their SSH keys: `ssh-keygen -Y` signs and verifies, one namespace per kind of document.

Who may sign is a file of allowed signers (`man ssh-keygen`, ALLOWED SIGNERS) in a folder that the authors of the
platform do not write: `$REMPART_TRUST`, an absolute path that the reviewer gives. Inside the checkout it only counts as
*self-declared*. `$REMPART_TRUST_DIGEST`, where given, is the SHA-256 that the file must have.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime as dt
import enum
import functools
import hashlib
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterable, Mapping

from blueprint import workspace
from blueprint.errors import MissingTool, RempartError, display

TRUST_VARIABLE = "REMPART_TRUST"
DIGEST_VARIABLE = "REMPART_TRUST_DIGEST"
FILE = "allowed_signers"
ARMOUR = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
MAGIC = b"SSHSIG"
PATIENCE_SECONDS = 120.0
"""A person types a passphrase, or touches a key."""
KEY = re.compile(r"(?:^|\s)((?:ssh|ecdsa|sk)-[\w@.-]+)\s+([A-Za-z0-9+/]+=*)(?:\s|$)")


class Namespace(enum.StrEnum):
    """A signature of one kind of document is worth nothing on another (`namespaces=` restricts a key to some)."""

    WAIVER = "rempart-waiver"
    DECISION = "rempart-decision"
    BASELINE = "rempart-baseline"
    EVIDENCE = "rempart-evidence"


class SigningError(RempartError):
    """A document cannot be signed, or the trust root cannot be read: what to do is in the message."""


class BadSignature(SigningError):
    """The signature is not one of an allowed signer over this very document."""


@dataclasses.dataclass(frozen=True, slots=True)
class Signed:
    """Whose key signed: every name that the allowed signers give to that key, sorted."""

    names: tuple[str, ...]
    fingerprint: str
    """`SHA256:...`, as `ssh-keygen -l` shows it."""


@dataclasses.dataclass(frozen=True)
class Signers:
    """Who may sign. `independent` is false where the authors of the platform could have written the file themselves."""

    text: str
    place: str
    independent: bool

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @functools.cached_property
    def keys(self) -> Mapping[bytes, tuple[str, ...]]:
        """Public key -> the names of its holder. Raises `SigningError` for an entry that stands for several persons."""
        found: dict[bytes, set[str]] = {}
        for number, line in enumerate(self.text.splitlines(), start=1):
            if line.strip() and not line.lstrip().startswith("#"):
                key, names = _entry(line, f"{self.place}:{number}")
                found.setdefault(key, set()).update(names)
        return {key: tuple(sorted(names)) for key, names in found.items()}

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for names in self.keys.values() for name in names)


def trust() -> Signers:
    """The trust root of this run; one without any signer where none is given. Raises `SigningError`."""
    given = os.environ.get(TRUST_VARIABLE)
    if given and not pathlib.Path(given).is_absolute():
        raise SigningError(f"{TRUST_VARIABLE} is not an absolute path: give the folder that the reviewer keeps")
    folder = pathlib.Path(given) if given else workspace.root() / "policies" / "trust"
    return read(folder / FILE, needed=bool(given))


def read(path: pathlib.Path, *, needed: bool = True) -> Signers:
    """The allowed signers of a file. With `needed=False`, a file that is not there allows nobody."""
    place = path.resolve()
    try:
        text = place.read_bytes().decode("utf-8")
    except FileNotFoundError:
        if needed:
            raise SigningError(f"{display(path)}: no such file; the reviewer keeps the allowed signers there") from None
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        raise SigningError(f"{display(path)} cannot be read ({type(error).__name__}): check its permissions") from None
    inside = place.is_relative_to(workspace.root())
    signers = Signers(text, display(path), independent=not inside and bool(text))
    wanted = os.environ.get(DIGEST_VARIABLE, "").strip().casefold()
    if wanted and signers.digest != wanted:
        raise SigningError(
            f"{signers.place} does not have the SHA-256 that {DIGEST_VARIABLE} gives: ask the reviewer which is right"
        )
    return signers


def sign(content: bytes, key: pathlib.Path, namespace: Namespace) -> str:
    """The armoured signature of `content`. A passphrase is asked for on the terminal; an agent is asked too."""
    if not key.is_file():
        raise SigningError(f"{display(key)}: no such key; name an SSH private key, for instance ~/.ssh/id_ed25519")
    done = _ssh_keygen("sign", ("-f", str(key), "-n", namespace), content)
    text = done.stdout.decode("ascii", errors="replace")
    if done.returncode or not text.startswith(ARMOUR[0]):
        raise SigningError(
            f"{display(key)} cannot sign: not an SSH private key, or its passphrase was not given "
            "(`ssh-keygen -y -f <key>` says which; `ssh-add <key>` gives it to the agent)"
        )
    return text


def verify(
    content: bytes, signature: str, signers: Signers, namespace: Namespace, at: dt.datetime | None = None
) -> Signed:
    """Who signed `content`. Raises `BadSignature` where it is not an allowed signer, at `at` (now by default)."""
    key = public_key(signature)
    fingerprint = "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
    names = signers.keys.get(key)
    if names is None:
        raise BadSignature(f"signed by the key {fingerprint}, which is not in {signers.place}")
    when = ("-O", f"verify-time={at.astimezone(dt.UTC):%Y%m%d%H%M%S}Z") if at else ()
    with tempfile.TemporaryDirectory() as folder:
        armoured, allowed = pathlib.Path(folder, "signature"), pathlib.Path(folder, FILE)
        armoured.write_text(signature.strip() + "\n", encoding="ascii")
        allowed.write_text(signers.text, encoding="utf-8")
        for name in names:  # a line may restrict the key, another may not
            options = ("-f", str(allowed), "-I", name, "-n", namespace, "-s", str(armoured), *when)
            if _ssh_keygen("verify", options, content).returncode == 0:
                return Signed(names, fingerprint)
    raise BadSignature(
        f"the signature by {', '.join(names)} does not hold: the document was changed after it, it was made for "
        f"another kind of document than {namespace}, or the key's time in {signers.place} is over"
    )


def public_key(signature: str) -> bytes:
    """The key in an armoured signature (OpenSSH PROTOCOL.sshsig: magic, version, then the key as a string)."""
    lines = [line.strip() for line in signature.strip().splitlines()]
    if len(lines) < 3 or (lines[0], lines[-1]) != ARMOUR or not signature.isascii():
        raise BadSignature("this is not an SSH signature")
    try:
        blob = base64.b64decode("".join(lines[1:-1]), validate=True)
        version, length = struct.unpack_from(">II", blob, len(MAGIC))
    except (binascii.Error, struct.error):
        raise BadSignature("this is not an SSH signature") from None
    start = len(MAGIC) + 8
    if not blob.startswith(MAGIC) or version != 1 or len(blob) < start + length:
        raise BadSignature("this is not an SSH signature")
    return blob[start : start + length]


def _entry(line: str, place: str) -> tuple[bytes, Iterable[str]]:
    """Key and names of one line of allowed signers."""
    names = line.split(maxsplit=1)[0].strip('"')
    found = KEY.search(line, len(names))
    if found is None:
        raise SigningError(f"{place}: not a line of allowed signers; write `name@hospital.example ssh-ed25519 AAAA...`")
    if set(names) & set("*?!") or "cert-authority" in line[: found.start()]:
        raise SigningError(f"{place}: a signer is one person: write exact names and the person's own key")
    try:
        return base64.b64decode(found[2], validate=True), names.split(",")
    except binascii.Error:
        raise SigningError(f"{place}: the key is cut short; copy the whole line of the .pub file") from None


def _ssh_keygen(action: str, options: Iterable[str], content: bytes) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise MissingTool("ssh-keygen is not on PATH: install OpenSSH 9.1 or later (openssh-client on Debian)")
    try:
        return subprocess.run(
            [program, "-Y", action, *options], input=content, capture_output=True, check=False, timeout=PATIENCE_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise SigningError(
            f"ssh-keygen waited {PATIENCE_SECONDS:.0f} s in vain: unlock the key, then try again"
        ) from None
