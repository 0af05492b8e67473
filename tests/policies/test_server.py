"""The pack as a process, spoken to as the engine does."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import grpc
import psutil
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2 as messages
from pulumi.runtime.proto import analyzer_pb2_grpc as services

from blueprint import workspace
from policies import pack
from tests.policies.estate import ENDPOINTS, Estate, Resource, estate_of, urn
from tests.policies.runs import layer
from tests.policies.wire import SECRET, UNKNOWN, struct

pytestmark = pytest.mark.contract

RULE = "flows/queries-a/ingress/project-a.data/1"


class Pack:
    """A running pack."""

    def __init__(self, state_dir: pathlib.Path, stack: str, preview: bool) -> None:
        self.state_dir, self.stack = state_dir, stack
        environment = {
            **os.environ,
            "REMPART_STATE_DIR": str(state_dir),
            "PULUMI_BACKEND_URL": f"file://{state_dir}",
            "OSC_ENDPOINT_API": ENDPOINTS[0],
            "OOS_ENDPOINT": ENDPOINTS[1],
        }
        self.process = subprocess.Popen(
            [sys.executable, str(workspace.root() / "policies"), "127.0.0.1:1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=state_dir,
            text=True,
        )
        assert self.process.stdout is not None
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.process.stdout.readline().strip()}")
        self.stub = services.AnalyzerStub(self.channel)
        self.stub.Handshake(messages.AnalyzerHandshakeRequest(engine_address="127.0.0.1:1"))
        self.stub.ConfigureStack(
            messages.AnalyzerStackConfigureRequest(stack=stack, project="rempart", dry_run=preview)
        )

    def close(self) -> str:
        self.channel.close()
        self.process.terminate()
        return self.process.communicate(timeout=20)[1]

    def analyze(
        self,
        kind: str,
        name: str,
        properties: dict[str, Any],
        provider: dict[str, Any],
        options: messages.AnalyzerResourceOptions | None = None,
    ) -> list[Any]:
        request = messages.AnalyzeRequest(
            type=kind, name=name, urn=urn(kind, name), properties=struct(properties), options=options
        )
        if provider:
            request.provider.CopyFrom(
                messages.AnalyzerProviderResource(type="pulumi:providers:outscale", properties=struct(provider))
            )
        return list(self.stub.Analyze(request).diagnostics)

    def whole(self, estate: Estate) -> list[Any]:
        resources = [
            messages.AnalyzerResource(
                type=one.kind,
                name=one.name,
                urn=one.urn,
                properties=struct(one.properties),
                options=_options(one),
                provider=messages.AnalyzerProviderResource(properties=struct(one.provider)),
                propertyDependencies={
                    key: messages.AnalyzerPropertyDependencies(urns=[estate[name].urn for name in names])
                    for key, names in one.uses.items()
                },
            )
            for one in estate.resources.values()
        ]
        return list(self.stub.AnalyzeStack(messages.AnalyzeStackRequest(resources=resources)).diagnostics)

    def findings(self) -> list[dict[str, Any]]:
        path = self.state_dir / "findings" / self.stack
        return [
            json.loads(line)
            for one in path.glob("*.jsonl")
            if one.stem in ("preview", "up")
            for line in one.read_text().splitlines()
        ]


@pytest.fixture
def start(tmp_path: pathlib.Path) -> Iterator[Any]:
    running: list[Pack] = []

    def make(stack: str = "emc2.outscale-sandbox.dev.network", *, preview: bool = False) -> Pack:
        running.append(Pack(tmp_path, stack, preview))
        return running[-1]

    yield make
    for one in running:
        assert "Traceback" not in one.close()


def _options(one: Resource) -> messages.AnalyzerResourceOptions:
    return messages.AnalyzerResourceOptions(protect=one.told.protect, ignoreChanges=one.told.ignored)


def blocking(diagnostics: list[Any]) -> list[str]:
    return [one.message for one in diagnostics if one.enforcementLevel == messages.MANDATORY]


def test_a_compliant_layer_passes_and_leaves_a_complete_record(start: Any) -> None:
    running = start()
    part = layer(estate_of(), "network")
    for one in part.resources.values():
        assert blocking(running.analyze(one.kind, one.name, one.properties, one.provider)) == []
    assert blocking(running.whole(part)) == []
    header, *lines, end = running.findings()
    assert (header["kind"], end["kind"]) == ("run", "end")
    assert header["operation"] == "up"
    assert header["simulated"] is True
    assert (header["as_of"], header["as_of_pinned"]) == ("2026-11-23", True)
    assert len(header["pack_digest"]) == len(header["blueprint_digest"]) == 64
    assert {one["rule"] for one in lines} == set(header["rules"]) == set(end["rules"])


def test_a_violation_says_rule_requirement_place_and_remedy(start: Any) -> None:
    changed = estate_of()[RULE]
    changed.properties["ipRange"] = "0.0.0.0/0"
    messages_ = blocking(start().analyze(changed.kind, changed.name, changed.properties, changed.provider))
    net_04 = next(one for one in messages_ if "NET-04" in one)
    assert "NET-04 · F-003 · stacks/platforms/emc2.yaml:" in net_04
    assert "open to 0.0.0.0/0" in net_04
    assert "Remedy: Replace the source" in net_04


@pytest.mark.parametrize(("preview", "level"), [(True, messages.ADVISORY), (False, messages.MANDATORY)])
def test_an_unknown_value_warns_at_preview_and_blocks_at_up(start: Any, preview: bool, level: int) -> None:
    changed = estate_of()[RULE]
    changed.properties["ipRange"] = UNKNOWN
    found = start(preview=preview).analyze(changed.kind, changed.name, changed.properties, changed.provider)
    assert {one.enforcementLevel for one in found if "NET-04" in one.message} == {level}
    assert not any("can't run policy" in one.message for one in found)


def test_what_the_engine_is_told_to_ignore_or_not_to_protect_is_seen(start: Any) -> None:
    running = start("emc2.outscale-sandbox.dev.storage")
    one = estate_of()["bubbles/warehouse/buckets/archive"]
    given = (one.kind, one.name, one.properties, one.provider)
    protected = messages.AnalyzerResourceOptions(protect=True)
    assert not any("GOV-04" in text for text in blocking(running.analyze(*given, options=protected)))
    protected.ignoreChanges.append("policy")
    assert any(
        "GOV-04" in text and "changes of policy" in text for text in blocking(running.analyze(*given, protected))
    )
    assert any("GOV-04" in text and "not protected" in text for text in blocking(running.analyze(*given)))
    taking = messages.AnalyzerResourceOptions(protect=True, aliases=["urn:pulumi:s::rempart::s3:index:Bucket::other"])
    assert any("GOV-04" in text and "place of other" in text for text in blocking(running.analyze(*given, taking)))


def test_a_secret_is_judged_and_never_shown(start: Any) -> None:
    running = start("emc2.outscale-sandbox.dev.compute")
    vm = estate_of()["bubbles/warehouse/tiers/omop/1"]
    vm.properties["userData"] = {**SECRET, "value": "#cloud-config\npassword: Canary-7-Bird\n"}
    found = blocking(running.analyze(vm.kind, vm.name, vm.properties, vm.provider))
    assert any("CPT-05" in one for one in found)
    assert "Canary" not in str(found)
    assert "Canary" not in str(running.findings())


def test_whatever_no_rule_knows_is_refused(start: Any) -> None:
    found = blocking(start().analyze("aws:s3/bucket:Bucket", "x", {}, {}))
    assert any("GOV-01" in one and "no rule knows" in one for one in found)


@pytest.mark.parametrize(
    ("stack", "says"),
    [
        ("nowhere.outscale-sandbox.dev.network", "unknown platform"),
        ("emc2.moon.dev.network", "unknown target"),
        ("emc2.outscale-sandbox.dev.attic", "unknown layer"),
        ("dev", "is not a stack name"),
    ],
)
def test_a_run_that_cannot_be_judged_creates_nothing(start: Any, stack: str, says: str) -> None:
    running = start(stack)
    found = blocking(running.analyze("outscale:index:Net", "x", {}, {}))
    assert len(found) == 1
    assert says in found[0]


def test_the_stack_s_twin_does_not_repeat_what_the_resource_rule_refused(start: Any) -> None:
    running = start(preview=True)
    part = layer(estate_of("open-admin-port"), "network")
    running.close()
    running = start("open-admin-port.outscale-sandbox.dev.network", preview=True)
    first = [
        text
        for one in part.resources.values()
        for text in blocking(running.analyze(one.kind, one.name, one.properties, one.provider))
    ]
    assert len(first) == 1
    assert blocking(running.whole(part)) == []


def configuration(**levels: int) -> messages.ConfigureAnalyzerRequest:
    return messages.ConfigureAnalyzerRequest(
        policyConfig={
            name.replace("_", "-"): messages.PolicyConfig(enforcementLevel=level) for name, level in levels.items()
        }
    )


def test_the_levels_of_the_pack_itself_are_accepted(start: Any) -> None:
    running = start()
    info = running.stub.GetAnalyzerInfo(empty_pb2.Empty())
    levels = {one.name.replace("-", "_"): one.enforcementLevel for one in info.policies}
    assert {name for name, level in levels.items() if level == messages.MANDATORY} == {*pack.FAMILIES, "stack"}
    running.stub.Configure(configuration(**levels))


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (configuration(network=messages.ADVISORY), "below its floor"),
        (configuration(network=messages.DISABLED), "below its floor"),
        (configuration(stack=messages.DISABLED), "below its floor"),
        (configuration(control=messages.REMEDIATE), "below its floor"),
        (configuration(advice=messages.DISABLED), "silences"),
        (configuration(other=messages.MANDATORY), "no policy of"),
    ],
    ids=["advisory", "disabled", "the stack's", "remediate", "advice", "unknown"],
)
def test_a_configuration_that_lowers_a_level_ends_the_run(start: Any, request_: Any, says: str) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        start().stub.Configure(request_)
    assert says in (caught.value.details() or "")


def test_a_configuration_with_properties_ends_the_run(start: Any) -> None:
    request = configuration(network=messages.MANDATORY)
    request.policyConfig["network"].properties.update({"ports": [22]})
    with pytest.raises(grpc.RpcError, match="takes none"):
        start().stub.Configure(request)


def test_nothing_is_mended_behind_the_author_s_back(start: Any) -> None:
    changed = estate_of()[RULE]
    request = messages.AnalyzeRequest(type=changed.kind, name=changed.name, urn=changed.urn)
    with pytest.raises(grpc.RpcError) as caught:
        start().stub.Remediate(request)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED  # which the engine takes for "no remediation"


def test_a_pack_that_nobody_told_its_stack_judges_the_state_of_the_one_that_urns_name(
    start: Any, tmp_path: pathlib.Path
) -> None:
    """`pulumi policy analyze`."""
    running = start("")
    running.stub.Configure(messages.ConfigureAnalyzerRequest())
    one = layer(estate_of(), "network")[RULE]

    def analyze(**changed: Any) -> list[str]:
        request = messages.AnalyzeRequest(
            type=one.kind,
            name=one.name,
            urn=one.urn.replace("urn:pulumi:stack::", "urn:pulumi:emc2.outscale-sandbox.dev.network::"),
            properties=struct(one.properties | changed),
            provider=messages.AnalyzerProviderResource(properties=struct(one.provider)),
        )
        return blocking(list(running.stub.Analyze(request).diagnostics))

    assert analyze() == []
    assert any("NET-04" in message for message in analyze(ipRange="0.0.0.0/0"))
    running.whole(layer(estate_of(), "network"))
    written = {path.name for path in tmp_path.rglob("*.jsonl")}
    assert "audit.jsonl" in written and not written & {"up.jsonl", "preview.jsonl"}


def test_a_state_of_another_program_is_refused(start: Any) -> None:
    request = messages.AnalyzeRequest(
        type="outscale:index:Net", name="x", urn="urn:pulumi:dev::shop::outscale:index:Net::x"
    )
    found = blocking(list(start("").stub.Analyze(request).diagnostics))
    assert len(found) == 1
    assert "'dev' is not a stack name" in found[0]


def test_a_pack_whose_engine_is_gone_ends(tmp_path: pathlib.Path) -> None:
    """Its parent is killed without a word; nobody is left to end it."""
    code = (
        "import subprocess, sys\n"
        f"pack = subprocess.Popen([sys.executable, {str(workspace.root() / 'policies')!r}], stdout=subprocess.PIPE)\n"
        "pack.stdout.readline()\n"
        "print(pack.pid)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True)
    psutil.wait_procs([process] if (process := _process(int(said.stdout))) else [], timeout=60)
    assert _process(int(said.stdout)) is None


def _process(pid: int) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except psutil.NoSuchProcess:
        return None
