"""What OpenStack says, as it was seen on a real one, and what a person reads: the subject, the cause, what to do."""

from __future__ import annotations

import pytest
from pulumi.automation import events

from cli import engine, exit_codes, wording

HELPER = "  sdk-v2/provider2.go:571: sdk.helper_schema: "
POST = "Expected HTTP response code [201 202] when accessing [POST http://127.0.0.1:25003/v2.0/ports], but got"
SUBJECT = "bubbles/warehouse/zones/data"
URN = f"urn:pulumi:minimal.ovh-sandbox.dev.network::rempart::a$openstack:networking/port:Port::{SUBJECT}"
OVER = '{"NeutronError": {"message": "Quota exceeded for resources: [\'security_group\']."}}'
USED = '{"NeutronError": {"message": "IP address 10.0.0.9 already allocated in subnet 62da6eb6"}}'
GONE = '{"error":{"code":404,"message":"Could not find Application Credential: f7cb93.","title":"Not Found"}}'
VOLUMES = "VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded for quota 'volumes'."
SERVERS = "Quota exceeded for instances: Requested 1, but already used 0 of 0 instances"
SEEN = [
    (f"Error creating openstack_networking_secgroup_v2: {POST} 409 instead: {OVER}", "quota `security_group`", 3),
    (f'Error creating openstack_blockstorage_volume_v3: got 413: {{"message": "{VOLUMES}"}}', "quota `volumes`", 3),
    (
        f'Error creating OpenStack server: got 403: {{"message": "{SERVERS}"}}',
        "quota `instances` is used up (Requested",
        3,
    ),
    (f"Error creating OpenStack networking client: {POST} 404 instead: {GONE}", "revoked or has expired", 3),
    (f"Error creating openstack_networking_port_v2: {POST} 409 instead: {USED}", "address 10.0.0.9 is in use", 2),
    ("Unable to find image with name Debian 99: provider=openstack@5.5.3", 'no image "Debian 99"', 2),
    ("Unable to find flavor with name b9-999: provider=openstack@5.5.3", 'no flavor "b9-999"', 2),
    ('got 403: {"message": "rule:create_router is disallowed by policy"}', "does not allow this, by its rule", 2),
    (
        'got 400: {"badRequest": {"code": 400, "message": "The requested availability zone is not available"}}',
        "no host in service",
        3,
    ),
    (
        "Error creating openstack_blockstorage_volume_v3: Expected HTTP response code [202] when accessing "
        "[POST http://127.0.0.1:25005/v3/volumes], but got 400 instead: "
        '{"badRequest": {"code": 400, "message": "Key manager error"}}',
        "got no key for its encryption from the key manager",
        3,
    ),
    (
        "Error waiting for instance (4f7c) to become ready: unexpected state 'ERROR', wanted target 'ACTIVE'",
        "server show 4f7c",
        3,
    ),
    (
        'got 409: {"conflictingRequest": {"message": "Key pair \'minimal-bastion\' already exists."}}',
        "openstack keypair delete minimal-bastion",
        2,
    ),
    (
        'got 409: {"message": "Security group rule already exists. Rule id is 62da6eb6-0000-4000-8000-000000000001."}',
        "the rule 62da6eb6-0000-4000-8000-000000000001 is there already, and no state holds it. `rempart recover`",
        2,
    ),
    (
        'got 409: {"message": "Unable to complete operation on network 62da6eb6-0000-4000-8000-000000000001. There are '
        'one or more ports still in use on the network, id for these ports is: 4f7c"}',
        "openstack port list --network 62da6eb6-0000-4000-8000-000000000001",
        2,
    ),
    (
        "Error waiting for openstack_networking_subnet_v2 c1d38588-6f28-4685-8404-d22afbee8308 to become deleted: "
        "context deadline exceeded",
        "most likely an interface, and OpenStack did not let it go in time. `rempart verify`",
        3,
    ),
    ("Error deleting openstack_networking_secgroup_v2: context deadline exceeded", "did not let it go in time", 3),
    (
        "Error waiting for openstack_networking_network_v2 c1d3 to Delete:  timeout while waiting for state to become "
        "'DELETED' (last state: 'ACTIVE', timeout: 10m0s)",
        "did not let it go in time",
        3,
    ),
    (
        'got 409: {"message": "Port 62da6eb6-0000-4000-8000-000000000001 is still in use."}',
        "serves another machine",
        2,
    ),
    (
        'Post "http://127.0.0.1:25003/v2.0/ports": dial tcp 127.0.0.1:25003: connect: connection refused',
        "not answer",
        3,
    ),
]


def watched(message: str, urn: str = URN) -> engine._Watch:
    watch = engine._Watch("minimal.ovh-sandbox.dev.network", lambda _stack, _what: None)
    for said in (f"{HELPER}{message}: provider=openstack@5.5.3", f"1 error occurred:\n\t* {message}\n\n"):
        watch(events.EngineEvent(0, 0, diagnostic_event=events.DiagnosticEvent(said, "never", "error", urn=urn)))
    return watch


@pytest.mark.parametrize(("message", "words", "code"), SEEN, ids=[words for _, words, _ in SEEN])
def test_a_message_names_the_subject_and_the_cause_once(message: str, words: str, code: int) -> None:
    watch = watched(message)
    text, found = engine.explain("minimal.ovh-sandbox.dev.network", "", watch.errors, watch.worded)
    assert found == code
    assert text.startswith(f"{SUBJECT}: ") and words in text and text.count(SUBJECT) == 1
    assert "sdk-v2" not in text and "NeutronError" not in text and "Traceback" not in text


def test_many_of_one_kind_do_not_fill_the_screen() -> None:
    watch = watched(SEEN[0][0])
    for number in range(40):
        event = events.DiagnosticEvent(SEEN[0][0], "never", "error", urn=f"{URN}/{number}")
        watch(events.EngineEvent(0, 0, diagnostic_event=event))
    text, _ = engine.explain("s", "", watch.errors, watch.worded)
    assert text.count("security_group") == engine.SHOWN and "and 36 more" in text


def test_what_the_engine_calls_off_after_a_failure_is_not_told() -> None:
    watch = watched(SEEN[0][0])
    called_off = events.DiagnosticEvent("failed to run remediation: context canceled", "never", "error", urn=URN)
    watch(events.EngineEvent(0, 0, diagnostic_event=called_off))
    text, _ = engine.explain("s", "", watch.errors, watch.worded)
    assert SUBJECT in text and "canceled" not in text


def test_what_no_table_knows_stays_as_it_is() -> None:
    assert wording.told("Something else went wrong") is None
    watch = watched("Something else went wrong")
    text, code = engine.explain("s", "", watch.errors, watch.worded)
    assert "Something else went wrong" in text and code == exit_codes.BAD_INPUT


def test_what_is_waited_for_to_come_up_is_not_said_to_be_in_use() -> None:
    said = "Error waiting for openstack_networking_port_v2 4f7c to become available: timeout while waiting for state"
    told = wording.told(said)
    assert told is None or "uses it" not in told.text
