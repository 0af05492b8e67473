"""The platforms that ship: EMC2 says what the report says, minimal stays small, the violating ones load."""

from __future__ import annotations

import difflib
import pathlib
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from blueprint import loader, planner, provenance, target
from blueprint.loader import Loaded
from blueprint.model import Blueprint, Origin
from blueprint.plan import BubbleKind, Plan, Plane

VIOLATIONS = sorted((loader.folder() / "violations").glob("*.yaml"), key=lambda path: path.stem)


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return loader.load(loader.find("emc2"))


@pytest.fixture(scope="module")
def plan(loaded: Loaded) -> Plan:
    return planner.plan(loaded, target.load("outscale-sandbox"), "dev")


@pytest.mark.parametrize("path", loader.platforms().values(), ids=lambda path: path.stem)
def test_a_platform_has_the_name_of_its_file_and_a_schema_line(path: pathlib.Path) -> None:
    assert loader.load(path).blueprint.platform == path.stem
    first = path.read_text(encoding="utf-8").splitlines()[0]
    schema = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / schema).resolve().is_file()


def test_emc2_says_what_the_report_says(loaded: Loaded) -> None:
    b = loaded.blueprint
    assert len(b.partners) == 5
    assert sum(partner.feeds_data for partner in b.partners.values()) == 4
    assert b.snds is not None
    assert b.snds.copy_ == "partial"
    assert b.update is not None
    assert b.update.every_months == 12
    assert len(b.peaks) == 2
    assert {exit.kind for exit in b.exits.values()} == {"workspace", "child_system"}
    assert b.azs == 2
    assert sorted(b.roles) == [f"role-{n}" for n in range(1, 10)]
    assert b.keys is not None
    assert b.keys.expected_at_least == 100
    assert b.pseudonymisation is not None
    assert b.pseudonymisation.deterministic
    assert b.pseudonymisation.redone_at_each_transfer
    assert b.retention is not None
    assert (b.retention.minimum_days, b.retention.traces_days, b.retention.maximum_days) == (183, 365, 366)


def test_what_the_report_says_is_marked_as_such_and_nothing_invented_is(loaded: Loaded) -> None:
    by_path = {"/".join(map(str, path)): p for path, _, p in provenance.attributed(loaded.blueprint)}
    for path in ("azs", "roles/role-7/note", "partners/nancy/title", "snds/copy", "update/every_months"):
        assert by_path[path].origin is Origin.REPORT, path
    for path in ("keys/expected_at_least", "bubbles/project-a/buckets/archive/expire_days", "exits/child-system/kind"):
        assert by_path[path].origin is Origin.REPORT, path
    for path in ("retention/traces_days", "bubbles/administration/buckets/traces/lock_days"):
        assert by_path[path].origin is Origin.REGULATION, path
    invented = ("address_space", "partners/nancy/feeds_data", "flows/loading/ports", "externals/snds/cidrs")
    for path in (*invented, "bubbles/warehouse/tiers/omop/vcpus", "bastion/access", "services/dns/ports"):
        assert by_path[path].origin is Origin.ASSUMPTION, path


def test_every_block_of_emc2_that_has_an_origin_has_a_source(loaded: Loaded) -> None:
    assert all(p.source != provenance.NO_SOURCE for _, _, p in provenance.attributed(loaded.blueprint))


def test_the_model_hides_no_choice_behind_a_default() -> None:
    """So every value of a platform stands in its file, and can be attributed."""

    def defaults(model: type[BaseModel]) -> Iterator[tuple[str, object]]:
        for name, field in model.model_fields.items():
            if not field.is_required():
                yield f"{model.__name__}.{name}", field.default

    models = {Blueprint, *_models_below(Blueprint)}
    assert len(models) > 20
    hidden = {name: value for m in models for name, value in defaults(m) if value not in (None, False, (), {})}
    assert not hidden


def _models_below(model: type[BaseModel]) -> set[type[BaseModel]]:
    found: set[type[BaseModel]] = set()
    stack: list[object] = [field.annotation for field in model.model_fields.values()]
    while stack:
        item = stack.pop()
        if isinstance(item, type) and issubclass(item, BaseModel) and item not in found:
            found.add(item)
            stack += [field.annotation for field in item.model_fields.values()]
        stack += list(getattr(item, "__args__", ()))
    return found


def test_assumptions_are_listed_with_their_line_and_nothing_else_is(loaded: Loaded, plan: Plan) -> None:
    lines = loaded.path.read_text(encoding="utf-8").splitlines()
    for assumption in plan.assumptions:
        file, _, line = assumption.location.partition(":")
        assert file == "stacks/platforms/emc2.yaml"
        assert assumption.field in lines[int(line) - 1], assumption
    every = [p.origin for _, _, p in provenance.attributed(loaded.blueprint)]
    assert len(plan.assumptions) == every.count(Origin.ASSUMPTION)


def test_emc2_network_stays_below_its_budget_of_resources(plan: Plan) -> None:
    zones = [zone for bubble in plan.bubbles for zone in bubble.zones]
    subnets = sum(len(zone.subnets) for zone in zones)
    count = len(plan.bubbles) + 2 * subnets + 2 * len(zones) + len(plan.rules) + len(plan.routes)
    count += 2 * len(plan.peerings) + 2 * len(plan.gateways)
    assert count <= 265


def test_emc2_keeps_to_the_rules_that_can_be_seen_in_a_plan(plan: Plan) -> None:
    kinds = {bubble.name: bubble.kind for bubble in plan.bubbles}
    assert {z.plane for b in plan.bubbles for z in b.zones} == set(Plane)
    for peering in plan.peerings:
        assert {kinds[peering.a], kinds[peering.b]} != {BubbleKind.PROJECT}
    for flow in plan.flows:
        assert flow.purpose and flow.owner and flow.review_date and flow.encryption not in ("", "none"), flow.name
        assert flow.to_port - flow.from_port <= 10
    assert not [route for route in plan.routes if route.destination in ("0.0.0.0/0", "::/0")]
    for bucket in plan.buckets:
        assert bucket.versioning and bucket.deny_plaintext and not bucket.public
    for bubble in plan.bubbles:
        assert bubble.data_class and bubble.owner
        project = bubble.project
        assert project is not None
        assert project.identifier and project.authorisation and project.owner and project.start and project.end
        assert project.roles and project.archive_days and project.log_sink and project.keys, bubble.name
    for machine in plan.machines:
        twins = [m for m in plan.machines if m.subject.rsplit("/", 1)[0] == machine.subject.rsplit("/", 1)[0]]
        assert not machine.highly_available or len({twin.az for twin in twins}) >= 2
    assert plan.bastion is not None
    assert {machine.az for machine in plan.bastion.machines} == {"a", "b"}


def test_pseudonymisation_keys_serve_one_ordered_pair_of_bubbles_each(plan: Plan) -> None:
    keys = [key.subject.removeprefix("keys/pseudonymisation--") for key in plan.keys if key.kind == "pseudonymisation"]
    assert keys == [
        "ingestion--warehouse",
        "project-a--export",
        "project-b--export",
        "warehouse--project-a",
        "warehouse--project-b",
    ]
    assert {key.kind for key in plan.keys} == {"data_at_rest", "import_wrapping", "pseudonymisation"}


def test_the_violating_platforms_are_the_ones_announced() -> None:
    assert [path.stem for path in VIOLATIONS] == [
        "foreign-region",
        "open-admin-port",
        "open-admin-port-halves",
        "open-admin-port-v6",
        "password-in-user-data",
        "public-bucket",
        "unstructured-documents",
    ]


@pytest.mark.parametrize("path", VIOLATIONS, ids=lambda path: path.stem)
def test_a_violating_platform_is_minimal_with_one_thing_wrong_and_it_loads(path: pathlib.Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    good = loader.find("minimal").read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(good) if line.startswith("platform:"))
    here = next(i for i, line in enumerate(lines) if line.startswith("platform:"))
    added = [line for line in difflib.ndiff(good[start:], lines[here:]) if line.startswith("+ ")]
    assert len(added) <= 10
    assert any("VIOLATION" in line for line in added)
    plan = planner.plan(loader.load(path), target.load("outscale-sandbox"), "dev")
    assert plan.platform == path.stem
