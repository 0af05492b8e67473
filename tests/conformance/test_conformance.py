"""One suite for every adapter: a platform is up, and everything asserted is read back from the provider's API."""

from __future__ import annotations

import ipaddress
import json

import pytest

from blueprint import facts, links, workspace
from blueprint import plan as plans
from blueprint import stack as stacks
from blueprint.values import NOT_OBSERVABLE
from cli import exit_codes
from plugins.s3 import features
from providers.observation import Reach
from tests.conformance import matrix, parity
from tests.conformance.conftest import Stand

pytestmark = pytest.mark.engine

minimal = pytest.mark.only("minimal")
SEALED = (plans.ZoneRole.DATA, plans.ZoneRole.ADMIN)


def test_every_declared_flow_passes(up: Stand) -> None:
    assert len(matrix.declared(up.plan)) > 3
    beyond = matrix.beyond(up.plan, up.offer)
    assert matrix.declared_but_closed(up.plan, up.flows, beyond) == []
    # What the offer cannot carry does not pass by some other way, and the blueprint says how it is worked round.
    assert [pair for pair in beyond if up.flows.openings(*pair, Reach.ANY)] == []
    nat = up.offer.part("nat")
    assert not beyond or (nat is not None and nat.workaround is not None)


def test_nothing_else_passes(up: Stand) -> None:
    assert matrix.denied_but_open(up.plan, up.flows) == []


def test_zones_are_as_declared(up: Stand) -> None:
    found = {f.origin.subject: (f.cidr, f.az) for f in up.seen.facts if isinstance(f, facts.Segment)}
    subnets = [s for bubble in up.plan.bubbles for zone in bubble.zones for s in zone.subnets]
    # Where segments span the availability zones, they have none of their own.
    spans = {az for _, az in found.values()} == {None}
    assert found == {subnet.subject: (subnet.cidr, None if spans else subnet.az) for subnet in subnets}


def test_nothing_stands_outside_its_bubble(up: Stand) -> None:
    homes = {f.origin.subject: f.network for f in up.seen.facts if isinstance(f, facts.Segment)}
    assert homes
    assert all(str(subject).startswith(f"{network}/") for subject, network in homes.items())
    networks = {f.origin.subject: f.cidr for f in up.seen.facts if isinstance(f, facts.Network)}
    assert networks.keys() == {bubble.subject for bubble in up.plan.bubbles}
    assert all(networks[bubble.subject] in (bubble.cidr, None) for bubble in up.plan.bubbles)
    for fact in up.seen.facts:
        if isinstance(fact, facts.Interface):
            machine = str(fact.origin.subject)
            home = machine if machine.startswith("bubbles/") else up.plan.bastion.zone if up.plan.bastion else ""
            assert str(fact.segment).split("/")[:2] == home.split("/")[:2]


def test_machines_run_where_planned_on_interfaces_of_their_own(up: Stand) -> None:
    machines = {machine.subject: machine for machine in up.plan.all_machines}
    running = {f.origin.subject: (f.az, f.interfaces) for f in up.seen.facts if isinstance(f, facts.Machine)}
    outside = {f.origin.subject for f in up.seen.facts if isinstance(f, facts.PublicAddress)}
    crossing = {} if up.offer.has("peering") else {name: one for name, one, _ in links.interfaces(up.plan)}
    assert {name: az for name, (az, _) in running.items()} == {name: one.az for name, one in machines.items()}
    for name, (_, interfaces) in running.items():
        assert isinstance(interfaces, tuple)
        over = [link for link, machine in crossing.items() if machine.subject == name]
        assert sorted(set(interfaces) - outside) == sorted([f"{name}/nic", *over])


def test_every_interface_is_guarded_in_its_segment_behind_the_filter_of_its_zone(up: Stand) -> None:
    machines = up.plan.all_machines
    interfaces = [fact for fact in up.seen.facts if isinstance(fact, facts.Interface)]
    assert len(interfaces) >= len(machines)
    for one in interfaces:
        owner = next(machine for machine in machines if str(one.origin.subject).startswith(f"{machine.subject}/"))
        assert (one.segment, one.filters) == (owner.subnet, (owner.zone,)), one.origin.subject
        assert (one.guarded, one.other_addresses) == (True, ()), one.origin.subject


def test_disks_are_as_planned_and_none_is_in_clear(up: Stand) -> None:
    disks = {fact.origin.subject: fact for fact in up.seen.facts if isinstance(fact, facts.Disk)}
    planned = {disk.subject: disk.size_gib for machine in up.plan.all_machines for disk in machine.disks}
    assert {subject: one.size_gib for subject, one in disks.items()} == planned
    # Where the API tells it of any, it is told of all; a system disk in clear would be in the list above, unplanned.
    told = {one.encrypted for one in disks.values()}
    assert told in ({True}, {facts.NOT_OBSERVABLE})


def test_administration_goes_through_the_bastion_only(up: Stand) -> None:
    bastion = up.plan.bastion
    assert bastion is not None
    admins = {external.subject for external in up.plan.externals if external.administration}
    opened = 0
    for source in matrix.places(up.plan):
        for there in matrix.places(up.plan):
            passing = matrix.ports(up.flows.openings(source, there, Reach.ANY))
            if any(("tcp", port) in passing for port in bastion.admin_ports):
                opened += 1
                assert source in admins if there == bastion.zone else source == bastion.zone, (source, there)
    assert opened > 1


def test_storage_is_private_versioned_and_encrypted(up: Stand) -> None:
    buckets = [fact for fact in up.seen.facts if isinstance(fact, facts.Bucket)]
    assert {one.origin.subject for one in buckets} == {bucket.subject for bucket in up.plan.buckets}
    rights = "private" if features.flavor(up.adapter.storage).has("acl") else NOT_OBSERVABLE
    for one in buckets:
        assert (one.acl, one.website, one.cors_origins, one.versioning) == (rights, False, (), True)
        assert one.encrypted is True
    if up.offer.has("object-lock"):
        locked = {bucket.subject: bucket.lock_days for bucket in up.plan.buckets}
        assert {one.origin.subject: one.lock_days for one in buckets} == locked


def test_no_sealed_zone_has_a_default_route(up: Stand) -> None:
    sealed = {zone.subject for bubble in up.plan.bubbles for zone in bubble.zones if zone.role in SEALED}
    assert sealed
    for fact in up.seen.facts:
        if isinstance(fact, facts.Route) and fact.table in sealed:
            assert ipaddress.ip_network(str(fact.destination)).prefixlen >= 8
            assert fact.via == "peering"


def test_everything_that_can_be_labelled_is(up: Stand) -> None:
    labelled = [fact for fact in up.seen.facts if fact.origin.taggable]
    assert len(labelled) > 20
    for fact in labelled:
        assert isinstance(fact.origin.tags, dict)
        assert fact.origin.tags["rempart:platform"] == up.plan.platform
        assert fact.origin.tags["rempart:environment"] == up.plan.environment
        assert fact.origin.tags["rempart:subject"] == fact.origin.subject


def test_verify_finds_nothing_to_refuse_and_leaves_its_findings(up: Stand) -> None:
    code, out, err = up.rempart("verify", "--format", "json")
    assert code == exit_codes.OK, out[-3000:] + err
    said = json.loads(out)
    assert said["standing"] == "simulated"
    assert said["unmanaged"] == []
    assert said["identity"]["account"]
    assert said["rules"]["GOV-10"]["live"].keys() == {"conform"}
    assert said["rules"]["NET-06"]["declared"]["conform"] == said["rules"]["NET-06"]["live"]["conform"]
    # Under every stack's folder of findings, the reading's: reports merge it.
    code, out, _ = up.rempart("report", "--format", "json")
    assert "live" in {run["layer"] for run in json.loads(out)["runs"]}


def test_a_rule_that_the_api_shows_in_full_answers_as_the_pack_did(up: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule, subject and state; of everything but the engine's own and the components, which no provider knows."""
    code, out, err = up.rempart("verify")
    assert code == exit_codes.OK, out[-3000:] + err
    monkeypatch.setenv(workspace.STATE_DIR_VARIABLE, str(up.world.folder))
    live, packed = parity.answers(up.world.stack(up.platform, "").rstrip("."))
    assert {rule for rule, _, _ in packed} > {"NET-01", "NET-07", "STO-04", "CPT-03", "DAT-01"}
    assert live == packed


def test_a_preview_changes_nothing(up: Stand) -> None:
    code, out, err = up.rempart("preview", "--format", "json")
    assert code == exit_codes.OK, out[-3000:] + err
    assert [one["changes"].keys() - {"same"} for one in json.loads(out)] == [set()] * len(stacks.LAYERS)


@minimal
@pytest.mark.hand
def test_a_hand_on_the_account_is_seen_and_mended(up: Stand) -> None:
    zone = "bubbles/study/zones/data"
    hand = up.adapter.hand(up.world)
    port = hand.close(zone)
    hand.open(zone)
    hand.mark("bubbles/study")
    stray = hand.bring(zone)
    code, out, err = up.rempart("drift", "--layer", "network", "--format", "json")
    assert code == exit_codes.VIOLATION, out + err
    found = {(one["what"], one["subject"]): one for one in json.loads(out)}
    assert "tags" in found["changed", "bubbles/study"]["properties"]
    assert [s for what, s in found if what == "gone" and s.startswith("flows/") and "/ingress/study.data/" in s], port
    added = [subject for what, subject in found if what == "added"]
    assert len(added) == 2
    assert any(subject.startswith(f"{zone}/") for subject in added), "the rule is placed at its zone"
    assert any(stray in subject for subject in added)
    assert all(one["place"].startswith("stacks/platforms/minimal.yaml:") for one in found.values())
    code, out, _ = up.rempart("verify", "--format", "json")
    assert code == exit_codes.VIOLATION
    said = json.loads(out)
    assert any(stray in one for one in said["unmanaged"])
    refused = {one["rule"] for one in said["findings"] if one["effect"] == "block"}
    assert refused >= {"GOV-01", "GOV-02", "GOV-10", "NET-04", "NET-06", "BAS-01"}
    assert matrix.declared_but_closed(up.plan, up.live.flows(up.account, up.plan))
    hand.undo()
    code, out, err = up.rempart("up", "--layer", "network", "--refresh", "--yes")
    assert code == exit_codes.OK, out[-3000:] + err[-3000:]
    code, out, err = up.rempart("verify")
    assert code == exit_codes.OK, out + err


@minimal
@pytest.mark.hand
def test_a_filter_that_lets_everything_out_again_is_not_adopted(up: Stand) -> None:
    """A filter's birth leaves no trace: what it holds now must be the plan's, and nothing is written before that."""
    zone, stack = "bubbles/study/zones/data", up.world.stack(up.platform, "network")
    hand = up.adapter.hand(up.world)
    hand.give_back(zone)
    before = identifiers(up)
    assert up.world.pulumi("stack", "rm", "--force", "--yes", "-s", stack).returncode == 0
    code, out, err = up.rempart("adopt", "--yes", "--layer", "network")
    assert code in (exit_codes.BAD_INPUT, exit_codes.VIOLATION), out + err  # the adoption's word, or the pack's
    assert f"{zone}/filter" in err
    assert up.world.pulumi("stack", "export", "-s", stack).returncode != 0, "no state was left"
    assert identifiers(up) == before
    hand.undo()
    code, out, err = up.rempart("adopt", "--yes", "--layer", "network")
    assert code == exit_codes.OK, out + err
    assert "nothing to change" in out


@minimal
@pytest.mark.hand
def test_layers_whose_state_is_lost_are_adopted_with_nothing_to_change(up: Stand) -> None:
    before = identifiers(up)
    for layer in stacks.LAYERS:
        stack = up.world.stack(up.platform, layer)
        assert up.world.pulumi("stack", "rm", "--force", "--yes", "-s", stack).returncode == 0
    code, out, err = up.rempart("up", "--yes")
    assert code == exit_codes.ENVIRONMENT, out + err
    assert "rempart adopt" in " ".join(err.split())
    assert identifiers(up) == before  # no second platform beside it
    code, out, err = up.rempart("adopt", "--yes", "--format", "json")
    assert code == exit_codes.OK, out + err
    taken = {subject: found for one in json.loads(out) for subject, found in one["adopted"].items()}
    planned = (*up.plan.bubbles, *up.plan.rules, *up.plan.buckets, *up.plan.all_machines)
    assert taken.keys() >= {one.subject for one in planned}
    assert identifiers(up) == before
    code, out, err = up.rempart("preview", "--format", "json")
    assert code == exit_codes.OK, out + err
    assert [one["changes"].keys() - {"same"} for one in json.loads(out)] == [set()] * len(stacks.LAYERS)
    code, out, err = up.rempart("drift")
    assert code == exit_codes.OK, out + err


def identifiers(up: Stand) -> list[str]:
    """Everything that the API shows now, by its id."""
    return sorted(fact.origin.urn for fact in up.look().facts)


@minimal
@pytest.mark.hand
def test_what_would_change_is_not_adopted(up: Stand) -> None:
    hand = up.adapter.hand(up.world)
    stray = hand.bring("bubbles/study/zones/data")
    code, out, err = up.rempart("adopt", "--yes", "--subject", "bubbles/study/none", "--id", stray)
    assert code == exit_codes.BAD_INPUT, out
    assert "bubbles/study/none" in err
    hand.undo()


def test_zz_destroy_leaves_nothing(up: Stand) -> None:
    code, out, err = up.rempart("destroy", "--unprotect", "--yes")
    assert code == exit_codes.OK, out[-3000:] + err[-3000:]
    left = up.look()
    assert [fact.origin.urn for fact in left.facts if not isinstance(fact, facts.ProviderConfiguration)] == []
    assert (left.unmanaged, dict(left.others), left.beside) == ((), {}, 0)
