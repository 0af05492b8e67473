"""What user data hides: secrets, and programs fetched from places that nobody declared.

Looks through base64, gzip, MIME parts, cloud-init documents and the files they write, however deeply they are nested.
Says what kind of thing was found and where in the document; never the value.
"""

from __future__ import annotations

import base64
import binascii
import collections
import email
import ipaddress
import math
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

MAX_DEPTH = 6
MAX_BYTES = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS
"""What zlib calls the format of gzip."""

_SECRET_KEY = re.compile(
    r"(?i)\b[\w.-]*(?:password|(?<!ch)passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)s?\b"
    r"[\"']?\s*[:=][ \t]*(?P<quote>[\"']?)(?P<value>[^\s\"'#,;}]{3,})"
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_URL_PASSWORD = re.compile(r"(?i)\b[a-z][a-z0-9+.-]*://[^\s/:@]+:(?P<value>[^\s/@]+)@")
_COMMANDS = (
    (re.compile(r"(?i)\b(?:echo|printf)\b[^\n|]*:[^\n|]*\|\s*(?:sudo\s+)?chpasswd"), "a password given to chpasswd"),
    (re.compile(r"(?i)\bchpasswd\b[^\n]*<<<?"), "a password given to chpasswd"),
    (re.compile(r"(?i)\bpasswd\b[^\n]*--stdin"), "a password given to passwd"),
    (
        re.compile(r"(?i)\b(?:useradd|usermod|adduser)\b[^\n]*\s(?:-p|--password)[\s=]*\S"),
        "a password given to useradd",
    ),
    (re.compile(r"(?i)\bsshpass\s+-p\s*\S"), "a password given to sshpass"),
    (re.compile(r"(?i)\s--?password[\s=]+(?![$<{\"']?[$<{])\S+"), "a password in a command line"),
    (re.compile(r"\$(?:1|2[aby]?|5|6|y)\$[./A-Za-z0-9$=,]{8,}"), "a password hash"),
)
_REFERENCE = re.compile(
    r"(?i)^(?:\$[\w{(]|\$\{|\{\{|<[^>]*>$|%\(|vault:|openbao:|ref:|file:|/[\w./-]+$|random$|r$|\*+$|null$|true$|false$|none$)"
)
_FETCH = re.compile(r"(?i)\b(?:curl|wget|fetch|aria2c|urlopen|urlretrieve|requests\.get|Invoke-WebRequest)\b")
_URL = re.compile(r"(?i)\bhttps?://(?:[^\s/@]+@)?(?P<host>\[[0-9a-f:]+\]|[^\s/:\"'<>|)]+)")
_TOKEN = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{24,}={0,2}(?![A-Za-z0-9+/_=-])")
_HEX = re.compile(r"^[0-9a-fA-F]+$")
_HARMLESS = re.compile(
    r"(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-\S+|sk-\S+@openssh\.com)\s+[A-Za-z0-9+/=]+"
    r"|-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----"
    r"|-----BEGIN (?:PGP )?PUBLIC KEY(?: BLOCK)?-----.*?-----END (?:PGP )?PUBLIC KEY(?: BLOCK)?-----"
    r"|\bsha(?:256|512)[:=]\s*[0-9a-f]+",
    re.DOTALL,
)
_SECRET_FIELDS = frozenset({"passwd", "password", "hashed_passwd", "plain_text_passwd", "plain_text_password"})
_PRIVATE_FIELDS = re.compile(r"(?i)^(?:rsa|dsa|ecdsa|ed25519)_private$")
_STRANGE = 0.1
"""So much of a text may be control characters: a colour or a zero byte among words hides nothing."""


def inspect(text: str, declared: Callable[[str], bool]) -> tuple[str, ...]:
    """Kinds of things found, each once, with where; `declared(host)` says whether a host may be fetched from."""
    return tuple(dict.fromkeys(_look(text, "user data", declared, 0)))


def same(text: str, planned: str) -> bool:
    """Whether a machine's user data is what was planned, however many times it was encoded on its way."""
    for _ in range(MAX_DEPTH):
        if text.strip() == planned.strip():
            return True
        inner = _decode(text)
        if inner is None:
            return False
        text = inner
    return False


def _look(text: str, place: str, declared: Callable[[str], bool], depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        yield f"{place} is too deep or too large to be read"
        return
    unwrapped = _decode(text)
    if unwrapped is not None:
        yield from _look(unwrapped, place, declared, depth + 1)
        return
    if parts := _mime(text):
        for number, part in enumerate(parts, 1):
            yield from _look(part, f"{place}, part {number}", declared, depth + 1)
        return
    yield from _fields(_document(text), place, declared, depth)
    yield from _text(text, place, declared, depth)


def _text(text: str, place: str, declared: Callable[[str], bool], depth: int) -> Iterator[str]:
    if _PRIVATE_KEY.search(text):
        yield f"a private key in {place}"
    for pattern, what in _COMMANDS:
        if pattern.search(text):
            yield f"{what} in {place}"
    if any(not _REFERENCE.match(found["value"]) for found in _SECRET_KEY.finditer(text)):
        yield f"a value given to a name such as password, secret or token in {place}"
    if any(not _REFERENCE.match(found["value"]) for found in _URL_PASSWORD.finditer(text)):
        yield f"a password inside a URL in {place}"
    yield from _fetches(text, place, declared)
    for found in _TOKEN.finditer(_HARMLESS.sub(" ", text)):
        token = found.group()
        inner = _decode(token)
        if inner is not None:
            yield from _look(inner, f"{place}, encoded text", declared, depth + 1)
        elif looks_random(token):
            yield f"a random-looking value of {len(token)} characters in {place}"


def _fetches(text: str, place: str, declared: Callable[[str], bool]) -> Iterator[str]:
    include = text.lstrip().startswith("#include")
    for line in text.replace("\\\n", " ").splitlines():
        if include or _FETCH.search(line):
            for found in _URL.finditer(line):
                host = found["host"].strip("[]").lower()
                if not declared(host):
                    yield f"a download from {host}, which is no declared host, in {place}"


def _fields(document: Any, place: str, declared: Callable[[str], bool], depth: int) -> Iterator[str]:
    """A cloud-init document: its own fields for passwords, the files that it writes, the commands that it runs."""
    for node in _nested(document):
        if isinstance(node, Mapping):
            yield from _mapping(node, place, declared, depth)
        elif isinstance(node, list):
            # A command written as a list of words is one command; a number or a date is a word of it too.
            words = [str(item) for item in node if not isinstance(item, Mapping | list)]
            yield from _text(" ".join(words), place, declared, depth)
        elif isinstance(node, bytes):
            yield from _look(_written(node), place, declared, depth + 1)


def _nested(document: Any) -> Iterator[Any]:
    """A document and all that it nests, each thing once: aliases repeat things without end, or put one in itself."""
    waiting, seen = collections.deque([document]), set()
    while waiting:
        node = waiting.popleft()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting += node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()


def _mapping(node: Mapping[Any, Any], place: str, declared: Callable[[str], bool], depth: int) -> Iterator[str]:
    for key, value in node.items():
        name = str(key).lower()
        if name == "content" and isinstance(value, str):
            text = _written(value, str(node.get("encoding", "")))
            yield from _look(text, f"{place}, a written file", declared, depth + 1)
        elif name in _SECRET_FIELDS and isinstance(value, str | int) and not _REFERENCE.match(str(value)):
            yield f"a password in `{name}` of {place}"
        elif name == "chpasswd" and isinstance(value, Mapping) and _given(value.get("list")):
            yield f"a password in `chpasswd` of {place}"
        elif _PRIVATE_FIELDS.match(name) and value:
            yield f"a private key in `{name}` of {place}"


def _given(listed: Any) -> bool:
    """Whether a `user:password` list gives any real password: `RANDOM` and `R` give none."""
    lines = listed if isinstance(listed, list) else str(listed).splitlines()
    values = [str(line).partition(":")[2].strip() for line in lines]
    return any(value and not _REFERENCE.match(value) for value in values)


def _written(content: bytes | str, encoding: str = "") -> str:
    """What stands in the file. Only part of it may be text, which `_decode` would leave alone."""
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
    if {"b64", "base64"} & set(re.split(r"[+,\s]", encoding.lower())):
        raw = _unbase64(raw.decode("ascii", "ignore")) or raw
    return (_gunzip(raw) or raw).decode("utf-8", "replace")


def _decode(text: str) -> str | None:
    """The readable text inside base64, with or without gzip; None where there is none."""
    raw = _unbase64(text)
    if not raw:
        return None
    unzipped = _gunzip(raw)
    try:
        decoded = unzipped.decode("utf-8", "replace") if unzipped else raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    strange = [character for character in decoded if not character.isprintable() and not character.isspace()]
    return None if len(strange) > len(decoded) * _STRANGE else decoded


def _unbase64(text: str) -> bytes | None:
    compact = re.sub(r"\s+", "", text).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _gunzip(raw: bytes) -> bytes:
    """What all members of a gzip file hold together, or just enough of it to be too large; nothing of other files."""
    found = b""
    while raw and len(found) <= MAX_BYTES:
        member = zlib.decompressobj(_GZIP)
        try:
            found += member.decompress(raw, MAX_BYTES + 1)
        except zlib.error:
            break
        raw = member.unused_data
    return found


def _mime(text: str) -> list[str]:
    """The parts of a MIME message, read as cloud-init reads it; none where the text is no such message."""
    message = email.message_from_string(text)
    if not message.is_multipart() and "content-transfer-encoding" not in message:
        return []
    payloads = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    return [payload.decode("utf-8", "replace") for payload in payloads if isinstance(payload, bytes)]


def _document(text: str) -> Any:
    """What a text says as YAML; None for scripts and where it says nothing."""
    if text.lstrip().startswith("#!"):
        return None
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def looks_random(token: str) -> bool:
    """High entropy: hexadecimal of at least 32 digits, or mixed characters that no word has."""
    entropy = _entropy(token.rstrip("="))
    if _HEX.match(token):
        return len(token) >= 32 and entropy > 3.0
    kinds = sum(bool(re.search(pattern, token)) for pattern in ("[a-z]", "[A-Z]", "[0-9]"))
    return kinds == 3 and entropy > 4.0 and token.count("/") < 3 and token.count("-") < 4


def _entropy(text: str) -> float:
    """Bits per character."""
    counts = collections.Counter(text)
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())


def is_address_in(host: str, cidr: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(cidr)
    except ValueError:
        return False
