"""CPT-05: each detector of what user data hides, alone; and beside each, what looks like it and is none."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable

import pytest

from policies.rules import userdata

HERE = "user data"
GIVEN = f"a value given to a name such as password, secret or token in {HERE}"
SCRIPT = "#!/bin/sh\n"
CLOUD = "#cloud-config\n"
SECRET = "TOKEN=abcdefgh"


def found(text: str, declared: str = "mirror.example.org") -> tuple[str, ...]:
    return userdata.inspect(text, lambda host: host == declared)


def b64(text: str | bytes) -> str:
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def gz(*texts: str) -> str:
    """Each text is a member of its own, as `cat a.gz b.gz` makes them."""
    return b64(b"".join(gzip.compress(text.encode(), mtime=0) for text in texts))


LINES = [  # a line of a script, what it is found to be, and its neighbour that is nothing of the kind
    ("echo root:abc | chpasswd", "a password given to chpasswd", "echo changed | logger"),
    ("printf 'root:abc' | sudo chpasswd", "a password given to chpasswd", "chpasswd < /run/secrets/users"),
    ("chpasswd <<< root:abc", "a password given to chpasswd", "chpasswd --help"),
    ("chpasswd <<E", "a password given to chpasswd", "cat <<E"),
    ("cat p | passwd --stdin x", "a password given to passwd", "passwd --lock x"),
    ("useradd -m -p abc x", "a password given to useradd", "useradd -m x"),
    ("usermod -p=ab x", "a password given to useradd", "usermod --groups adm x"),
    ("adduser x -p ab", "a password given to useradd", "adduser --disabled-password x"),
    ("sshpass -p abc ssh x", "a password given to sshpass", "sshpass -f /run/secrets/x ssh x"),
    ("mysql --password abc", "a password in a command line", "mysql --password $(cat /run/secrets/x)"),
    ("mysql -password abc", "a password in a command line", 'mysql --password "${PASSWORD}"'),
    ("echo '$6$rounds=4096$abc'", "a password hash", "echo $6 $5"),
    ("echo '$2b$10$abcdefgh'", "a password hash", "echo '$2b$10'"),
    ("echo '$y$j9T$abcdef'", "a password hash", "echo $y"),
    ("cat <<E\n-----BEGIN OPENSSH PRIVATE KEY-----\nE", "a private key", "cat <<E\n-----BEGIN PUBLIC KEY-----\nE"),
    ("-----BEGIN PGP PRIVATE KEY BLOCK-----", "a private key", "-----BEGIN CERTIFICATE-----"),
    ("psql postgres://u:abc@db/x", "a password inside a URL", "psql postgres://u:$SECRET@db/x"),
    ("git clone ssh://u:a@h/x", "a password inside a URL", "git clone ssh://u@h:22/x"),
    (
        "./run 0123456789abcdef0123456789abcdef",
        "a random-looking value of 32 characters",
        "./run 0123456789abcdef0123456789abcde",
    ),
    (
        "./run q8Zr3Kx9Lw2Vt7Yb5Nc1Mf4H",
        "a random-looking value of 24 characters",
        "./run q8Zr3Kx9Lw2Vt7Yb5Nc1Mf4",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("line", "what", "near"), LINES, ids=[line for line, *_ in LINES])
def test_a_line_is_seen_by_its_own_detector_alone_and_its_neighbour_by_none(line: str, what: str, near: str) -> None:
    assert found(f"{SCRIPT}{line}\n") == (f"{what} in {HERE}",)
    assert found(f"{SCRIPT}{near}\n") == ()


NAMES = ["password", "passwd", "passphrase", "secret", "token", "api_key", "API-KEY", "accesskey", "Access_Key",
         "private-key", "credential"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_value_given_to_a_name_is_seen(name: str) -> None:
    for line in (f"{name}=abc", f"DB_{name}s: abc", f"export {name}='abc'", f'"{name}" = "abc"'):
        assert found(SCRIPT + line) == (GIVEN,)
    for line in (f"{name}less=abc", f"{name}_file=abc", f"{name} abc", f"{name}=ab", f"{name}=", f"{name}:\nabc"):
        assert found(SCRIPT + line) == ()


REFERENCES = "$X ${X} $(x) {{x}} <x> %(x)s vault:x openbao:x ref:x file:x /run/x random *** null true FALSE none"


@pytest.mark.parametrize("reference", REFERENCES.split())
def test_a_reference_is_no_secret(reference: str) -> None:
    assert found(f"{SCRIPT}PASSWORD={reference}\n") == ()
    assert found(f"{CLOUD}password: |-\n  {reference}\n") == ()
    assert found(f"{SCRIPT}PASSWORD={reference}\nTOKEN=abc\n") == (GIVEN,)


FETCHED = f"a download from get.example.org, which is no declared host, in {HERE}"


@pytest.mark.parametrize(
    "command", ["curl", "wget", "fetch", "aria2c", "urlopen", "urlretrieve", "requests.get", "Invoke-WebRequest"]
)
def test_a_download_is_seen_whatever_fetches_it(command: str) -> None:
    assert found(f"{SCRIPT}{command} https://get.example.org/x\n") == (FETCHED,)
    assert found(f"{SCRIPT}{command} https://u@get.example.org:8443/x\n") == (FETCHED,)
    assert found(f"{SCRIPT}{command} \\\n HTTP://GET.example.org/x\n") == (FETCHED,)
    assert found(f"{SCRIPT}{command} https://mirror.example.org/x\n") == ()
    assert found(f"{SCRIPT}echo {command}ed https://get.example.org/x\n") == ()
    assert found(f"{SCRIPT}{command} x\necho https://get.example.org/x\n") == ()


def test_every_line_of_an_include_is_a_download() -> None:
    assert found("#include\nhttps://get.example.org/x\n") == (FETCHED,)
    assert found("\n#include-once\nhttps://mirror.example.org/x\n") == ()
    assert found("# include\nhttps://get.example.org/x\n") == ()
    assert found("#include\nhttp://[2001:db8::1]/x\n")[0].startswith("a download from 2001:db8::1,")


@pytest.mark.parametrize(
    ("token", "seen"),
    [
        ("aaaaaaaabbbbbbbbccccccccddddddddeeeeeeee", False),  # little variety
        ("0011223344556677" * 2, False),  # three bits in each digit, and no more
        ("0112233445566778" * 2, True),
        ("abcdefghjkMNPQ23" * 2, False),  # four bits in each character, and no more
        ("abcdefghjkMNPQ234" * 2, True),
        ("abcdefghijklmnopqrstuvwxyz234567", False),  # no capitals
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", False),
        ("abcdefghijklmnopQRSTUVWXYZABCDEF", False),  # no digits
        ("aQ2/bR3/cS4xdT5yeU6zfV7w", True),
        ("aQ2/bR3/cS4/dT5yeU6zfV7w", False),  # a path
        ("aQ2-bR3-cS4-dT5yeU6zfV7w", True),
        ("aQ2-bR3-cS4-dT5-eU6zfV7w", False),  # words with dashes
    ],
)
def test_what_looks_random(token: str, seen: bool) -> None:
    assert found(f"{SCRIPT}./run {token}\n") == (
        (f"a random-looking value of {len(token)} characters in {HERE}",) if seen else ()
    )


@pytest.mark.parametrize(
    "before", ["ssh-rsa {}", "ecdsa-sha2-nistp256 {}", "sk-ssh-ed25519@openssh.com {}", "sha256:{}", "sha512={}",
               "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----",
               "-----BEGIN PGP PUBLIC KEY BLOCK-----\n{}\n-----END PGP PUBLIC KEY BLOCK-----"]
)  # fmt: skip
def test_what_everybody_may_know_is_no_secret(before: str) -> None:
    token = "9f86d081884c7d659a2feaa0c55ad015"
    assert found(f"{SCRIPT}{before.format(token)}\n") == ()
    assert found(f"{SCRIPT}{before.format('x')}\n{token}\n") != ()


FIELDS = [  # on a line of its own, a value is seen by nothing that reads a text
    ("password: ab", "a password in `password`", "password:\n- ab"),
    ("passwd: |-\n  abcdef", "a password in `passwd`", "passwd:\n  expire: false"),
    ("users:\n- Hashed_Passwd: 12", "a password in `hashed_passwd`", "users:\n- lock_passwd: 12"),
    ("plain_text_passwd: ab", "a password in `plain_text_passwd`", "plain_text_passwd:"),
    ("plain_text_password: ab", "a password in `plain_text_password`", "plain_text_password: r"),
    ("chpasswd: {list: 'root:abc'}", "a password in `chpasswd`", "packages: {list: 'root:abc'}"),
    ("chpasswd:\n  list:\n  - x:R\n  - root:abc", "a password in `chpasswd`", "chpasswd:\n  list: [x:R, y:RANDOM]"),
    ("chpasswd: {list: {root: abc}}", "a password in `chpasswd`", "chpasswd: {list: root}"),
    ("chpasswd: {users: [{name: x, password: ab}]}", "a password in `password`", "chpasswd: {expire: false}"),
    ("chpasswd: {list: 'root: a'}", "a password in `chpasswd`", "chpasswd: {list: 'root:'}"),
    ("ssh_keys: {rsa_private: x}", "a private key in `rsa_private`", "ssh_keys: {rsa_public: x}"),
    ("ssh_keys: {dsa_private: x}", "a private key in `dsa_private`", "ssh_keys: {dsa_private: ''}"),
    ("ssh_keys: {ecdsa_private: x}", "a private key in `ecdsa_private`", "ssh_keys: {ecdsa_certificate: x}"),
    ("ssh_keys: {ED25519_private: x}", "a private key in `ed25519_private`", "ssh_keys: {my_rsa_private: x}"),
    ("runcmd:\n- - useradd\n  - -p\n  - ab", "a password given to useradd", "runcmd:\n- - useradd\n- - -p\n- - ab"),
    ("runcmd:\n- - sshpass\n  - -p\n  - 12", "a password given to sshpass", "runcmd:\n- [sshpass, {-p: 12}]"),
    ("runcmd:\n- [sshpass, -p, 1.5]", "a password given to sshpass", "runcmd:\n- [sshpass, [-p, 1.5]]"),
    ("runcmd:\n- [sshpass, -p, ab, {x: 1}]", "a password given to sshpass", "runcmd:\n- [{sshpass: -p}, ab]"),
]  # fmt: skip


@pytest.mark.parametrize(("yaml", "what", "near"), FIELDS, ids=[yaml for yaml, *_ in FIELDS])
def test_a_field_of_cloud_init_is_seen_alone_and_its_neighbour_is_none(yaml: str, what: str, near: str) -> None:
    assert found(CLOUD + yaml) == (f"{what} of {HERE}" if "`" in what else f"{what} in {HERE}",)
    assert found(CLOUD + near) == ()
    assert found(SCRIPT + yaml) == ()  # a script has no fields
    assert found(f"{CLOUD}{near}\nlater:\n  TOKEN: abc\n") == (GIVEN,)


def test_an_odd_document_says_nothing_and_stops_nothing() -> None:
    for text in (
        "chpasswd: x",
        "chpasswd:",
        "chpasswd: {list: }",
        "- 5",
        "5",
        "content: 5",
        "a: [",
        "\t: -",
        "2026-99-99",
    ):
        assert found(CLOUD + text) == ()
    assert found(json.dumps({"chpasswd": {"list": "root:abc"}})) == (f"a password in `chpasswd` of {HERE}",)


def test_a_thing_that_is_in_itself_or_repeated_for_ever_is_read_once() -> None:
    assert found(f"{CLOUD}a: &a [*a]\npassword: ab\n") == (f"a password in `password` of {HERE}",)
    laughs = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30))
    assert found(f"{CLOUD}a0: &a0 {{password: ab}}\n{laughs}") == (f"a password in `password` of {HERE}",)


WRAPPED: dict[str, tuple[Callable[[str], str], str]] = {
    "base64": (b64, HERE),
    "base64 in lines": (lambda text: base64.encodebytes(text.encode()).decode(), HERE),
    "base64 without its end": (lambda text: b64(text).rstrip("="), HERE),
    "base64 for addresses": (lambda text: b64(text).replace("+", "-").replace("/", "_"), HERE),
    "gzip": (gz, HERE),
    "gzip of two members": (lambda text: gz(text[:5], text[5:]), HERE),
    "MIME": (
        lambda text: f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n\n--B\n\n{text}\n--B--\n',
        f"{HERE}, part 1",
    ),
    "MIME under another head": (
        lambda text: f'Subject: x\nContent-Type: multipart/mixed; boundary="B"\n\n--B\n\n#\n--B\n\n{text}\n--B--\n',
        f"{HERE}, part 2",
    ),
    "MIME of one part": (
        lambda text: "Content-Type: text/x-shellscript\nMIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(text.encode()).decode(),
        f"{HERE}, part 1",
    ),
    "a word of a script": (lambda text: f"{SCRIPT}./run {b64(text + ' ' * 12)}\n", f"{HERE}, encoded text"),
    "a written file": (lambda text: f"{CLOUD}content: {json.dumps(text)}\n", f"{HERE}, a written file"),
    "a written file in base64": (
        lambda text: f"{CLOUD}encoding: b64\nContent: {json.dumps(b64(text))}\n", f"{HERE}, a written file"
    ),
    "binary text": (lambda text: f"{CLOUD}user: !!binary |\n  {b64(text)}\n", HERE),
}  # fmt: skip


@pytest.mark.parametrize(("wrap", "place"), WRAPPED.values(), ids=WRAPPED.keys())
def test_what_is_wrapped_is_seen_where_it_lies(wrap: Callable[[str], str], place: str) -> None:
    for secret in ("TOKEN=abc", "TOKEN=abcd", "TOKEN=abcde", "TOKEN=\n~~~???>>>\nTOKEN=abc"):
        assert f"a value given to a name such as password, secret or token in {place}" in found(wrap(secret))
    assert found(wrap("#\n")) == ()


@pytest.mark.parametrize(("wrap", "place"), WRAPPED.values(), ids=WRAPPED.keys())
def test_what_is_wrapped_is_followed_to_the_last_depth_and_no_deeper(wrap: Callable[[str], str], place: str) -> None:
    text = SECRET
    for _ in range(userdata.MAX_DEPTH - 1):
        text = b64(text)
    seen = " ".join(found(wrap(text)))
    assert "password, secret or token" in seen
    assert "too deep" not in seen
    assert f"{place} is too deep" in " ".join(found(wrap(b64(text))))


@pytest.mark.parametrize(
    ("strange", "seen"), [("", True), ("\0", True), ("\x1b\x1b", True), ("\0\0\x1b", False), ("\0" * 18, False)]
)
def test_a_few_control_characters_hide_no_encoded_text(strange: str, seen: bool) -> None:
    text = f"{SECRET}\n{'x' * (17 - len(SECRET))}{strange}"  # two of twenty are a tenth
    assert (GIVEN in found(b64(text))) is seen


@pytest.fixture
def largest(monkeypatch: pytest.MonkeyPatch) -> int:
    """A megabyte takes a second to be read; whatever the size, what it means is the same."""
    monkeypatch.setattr(userdata, "MAX_BYTES", 1 << 12)
    return 1 << 12


def test_a_text_is_read_up_to_its_largest_size_in_bytes(largest: int) -> None:
    too_large = (f"{HERE} is too deep or too large to be read",)
    blanks = largest - len(SECRET)
    assert found(" " * blanks + SECRET) == (GIVEN,)
    assert found(" " * (blanks + 1) + SECRET) == too_large
    assert found("é" * (largest // 2 + 1)) == too_large


def test_what_gzip_holds_is_as_large_as_all_of_its_members_together(largest: int) -> None:
    too_large = (f"{HERE} is too deep or too large to be read",)
    half = " " * (largest // 2)
    assert found(gz(half, half[len(SECRET) :], SECRET)) == (GIVEN,)
    assert found(gz(half, half, SECRET)) == too_large
    assert found(gz(" " + "é" * largest)) == too_large  # cut in the middle of a character


def test_of_a_bomb_just_enough_is_kept_to_be_too_large(largest: int) -> None:
    member = gzip.compress(b"a" * largest * 9)
    assert len(userdata._gunzip(member)) == largest + 1
    assert len(userdata._gunzip(gzip.compress(b"a" * (largest // 2)) * 9)) == largest // 2 * 3
    assert userdata._gunzip(b"no gzip") == b""


def test_a_written_file_is_read_where_only_part_of_it_is_text() -> None:
    binary = b"\xff\xfe\n" + SECRET.encode()
    seen = f"a value given to a name such as password, secret or token in {HERE}, a written file"
    for encoding, content in (
        ("b64", b64(binary)),
        ("Base64", b64(binary)),
        ("gz+base64", b64(gzip.compress(binary))),
        ("b64", f"not base64: {SECRET}"),  # told so, and not so
    ):
        assert seen in found(f"{CLOUD}encoding: {encoding}\ncontent: {json.dumps(content)}\n")
    assert found(f"{CLOUD}encoding: text/plain\ncontent: {b64(binary)}\n") == ()
    zipped = base64.b64encode(gzip.compress(binary)).decode()
    assert GIVEN in found(f"{CLOUD}x: !!binary {zipped}\n")


def test_the_planned_text_is_the_same_however_it_is_encoded() -> None:
    text = f"{SCRIPT}systemctl start x\n"
    for other in (text, text.strip(), b64(text), gz(text), b64(b64(gz(text)))):
        assert userdata.same(other, text)
    assert userdata.same("", "\n")
    for other in ("", b64(""), b64("x"), text + "y", b64(text + "y"), "x" * 16):
        assert not userdata.same(other, text)
    assert not userdata.same(text, b64(text))


def test_an_address_is_in_its_range_and_a_name_is_in_none() -> None:
    assert userdata.is_address_in("10.0.0.9", "10.0.0.0/24")
    assert not userdata.is_address_in("10.0.1.9", "10.0.0.0/24")
    assert not userdata.is_address_in("mirror.example.org", "10.0.0.0/24")
