"""The protocol, spoken over gRPC to a toy plugin."""

from __future__ import annotations

import json
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from plugins.runtime.errors import Problem
from plugins.runtime.values import UNKNOWN, from_wire, to_wire
from tests.plugins.runtime.toy import Shelf
from tests.plugins.runtime.wire import Engine, Halfway, Refused

LABEL = {"label": "a", "size": 1}


def test_a_create_at_preview_makes_no_call_and_leaves_computed_outputs_unknown(box: Engine, shelf: Shelf) -> None:
    id, outputs = box.create(box.urn("Box"), {"label": UNKNOWN, "size": 3}, preview=True)
    assert (id, shelf.calls) == ("", [])
    assert outputs.values["size"] == 3
    assert {name for name, value in outputs.values.items() if value is UNKNOWN} == {
        "label", "boxId", "token", "state", "color",
    }  # fmt: skip


def test_a_create_returns_id_inputs_and_outputs_with_secrets_still_secret(box: Engine) -> None:
    id, outputs = box.create(box.urn("Box"), {**LABEL, "tags": {"k": "v"}, "password": "p"}, secrets=("tags",))
    assert id == "box-1"
    assert outputs.values["boxId"] == "box-1"
    assert outputs.values["label"] == "a"
    assert outputs.secrets == {"tags", "password", "token"}
    assert outputs.values["subject"] == ""
    assert outputs.values["references"] == {}


def test_an_unfinished_creation_hands_the_engine_id_outputs_and_reasons(box: Engine, shelf: Shelf) -> None:
    shelf.fail["tag"] = Problem("")
    with pytest.raises(Halfway) as halfway:
        box.create(box.urn("Box"), {**LABEL, "tags": {"k": "v"}, "password": "p"})
    assert halfway.value.id == "box-1"
    assert halfway.value.outputs.values["tags"] == {}
    assert halfway.value.inputs.values["tags"] == {"k": "v"}
    assert "password" in halfway.value.outputs.secrets
    assert halfway.value.reasons == ["the tags were refused"]


def test_a_problem_is_one_message_with_code_and_remedy(box: Engine, shelf: Shelf) -> None:
    shelf.fail["create"] = Problem("The label is taken", "Choose another", code="E2")
    with pytest.raises(Refused) as refused:
        box.create(box.urn("Box"), LABEL)
    assert refused.value.message == "The label is taken [E2]. Choose another"
    assert refused.value.code is grpc.StatusCode.FAILED_PRECONDITION


def test_an_uncertain_problem_leaves_the_operation_pending(box: Engine, shelf: Shelf) -> None:
    shelf.fail["create"] = Problem("No answer came", uncertain=True)
    with pytest.raises(Refused) as refused:
        box.create(box.urn("Box"), LABEL)
    assert refused.value.code is grpc.StatusCode.UNKNOWN


def test_a_defect_never_shows_a_traceback_but_is_kept_in_a_file(box: Engine, shelf: Shelf, tmp_path: Path) -> None:
    shelf.fail["create"] = KeyError("secret-looking-thing")
    with pytest.raises(Refused) as refused:
        box.create(box.urn("Box"), LABEL)
    assert "Traceback" not in refused.value.message
    assert "secret-looking-thing" not in refused.value.message
    log = tmp_path / "logs" / "plugin-toy.log"
    assert str(log) in refused.value.message
    assert "KeyError" in log.read_text()


def test_check_tells_every_failure_at_once_and_fills_defaults(box: Engine) -> None:
    inputs, failures = box.check(box.urn("Box"), {"siez": 2, "size": "big", "mode": "ajar", "parts": [{"nam": "x"}]})
    assert failures["siez"].endswith("did you mean 'size'?")
    assert failures["size"] == "expected an integer, got a string"
    assert failures["mode"] == "expected one of open, closed"
    assert failures["label"] == "'label' is required"
    assert set(failures) == {"siez", "size", "mode", "label", "parts[0].nam", "parts[0].name"}
    inputs, failures = box.check(box.urn("Box"), {"label": "a", "parts": [{"name": "x"}]})
    assert (failures, inputs.values["size"]) == ({}, 1)
    assert inputs.values["parts"] == [{"name": "x", "weight": 2}]


def test_check_accepts_unknowns_and_keeps_secrets(box: Engine) -> None:
    inputs, failures = box.check(box.urn("Box"), {"label": UNKNOWN, "size": UNKNOWN, "password": "p"})
    assert failures == {}
    assert inputs.values["label"] is UNKNOWN
    assert inputs.secrets == {"password"}


def test_check_runs_the_checks_of_the_kind(box: Engine) -> None:
    assert box.check(box.urn("Box"), {"label": "a", "size": 11})[1] == {"size": "at most 10"}


def test_no_change_is_no_diff_whatever_the_order_of_a_set_or_the_api_chose(box: Engine) -> None:
    old = {**LABEL, "members": ["a", "b"], "color": "grey", "parts": [{"name": "x", "weight": 2}]}
    new = {**LABEL, "members": ["b", "a"], "parts": [{"name": "x"}]}
    assert box.diff(box.urn("Box"), "box-1", old, old, new).changes == provider_pb2.DiffResponse.DIFF_NONE


@pytest.mark.parametrize(
    ("new", "replaces"),
    [
        ({"label": "b"}, ["label"]),
        ({"label": UNKNOWN}, ["label"]),
        ({"label": "a", "size": 2}, []),
        ({"label": "a", "size": 1, "color": "red"}, ["color"]),
    ],
)
def test_a_change_is_a_diff_and_replaces_when_immutable(box: Engine, new: dict, replaces: list[str]) -> None:
    old = {**LABEL, "color": "grey"}
    diff = box.diff(box.urn("Box"), "box-1", old, old, {"size": 1, **new})
    assert diff.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(diff.replaces) == replaces
    assert diff.deleteBeforeReplace is bool(replaces)
    assert set(diff.detailedDiff) == set(diff.diffs)


def test_subject_and_references_change_in_place(box: Engine) -> None:
    outputs = {**LABEL, "subject": "", "references": {}}
    diff = box.diff(box.urn("Box"), "box-1", LABEL, outputs, {**LABEL, "subject": "bubbles/a"})
    assert (list(diff.diffs), list(diff.replaces)) == (["subject"], [])


def test_an_imported_resource_has_no_diff_and_learns_its_subject_at_the_next_update(box: Engine, shelf: Shelf) -> None:
    shelf.boxes["box-1"] = {**LABEL, "password": "p"}
    id, inputs, outputs = box.read(box.urn("Box"), "box-1")
    assert (id, inputs.values["label"], inputs.values["color"]) == ("box-1", "a", "grey")
    assert "password" not in inputs.values
    program = {**LABEL, "password": "p", "subject": "bubbles/a"}
    at_import = box.diff(box.urn("Box"), id, inputs.values, outputs.values, program)
    assert at_import.changes == provider_pb2.DiffResponse.DIFF_NONE
    afterwards = box.diff(box.urn("Box"), id, program, outputs.values, program)
    assert list(afterwards.diffs) == ["subject"]
    assert box.update(box.urn("Box"), id, program, outputs.values, program).values["subject"] == "bubbles/a"


def test_a_refresh_shows_drift_and_nothing_else(box: Engine, shelf: Shelf) -> None:
    id, made = box.create(box.urn("Box"), {**LABEL, "members": ["a", "b"], "password": "p", "subject": "s"})
    inputs = {**LABEL, "members": ["a", "b"], "password": "p", "subject": "s"}
    shelf.boxes[id]["members"] = ["b", "a"]
    _, read_inputs, read_outputs = box.read(box.urn("Box"), id, inputs, made.values)
    assert read_inputs.values == inputs
    assert read_inputs.secrets == {"password"}
    assert read_outputs.values["subject"] == "s"
    shelf.boxes[id]["mode"] = "open"
    assert box.read(box.urn("Box"), id, inputs, made.values)[1].values["mode"] == "open"


def test_a_resource_confirmed_gone_is_read_as_an_empty_id(box: Engine) -> None:
    assert box.read(box.urn("Box"), "box-9", LABEL, LABEL)[0] == ""


def test_an_update_at_preview_keeps_stable_outputs_and_forgets_volatile_ones(box: Engine, shelf: Shelf) -> None:
    olds = {**LABEL, "boxId": "box-1", "token": "t", "state": "ready", "color": "grey"}
    planned = box.update(box.urn("Box"), "box-1", LABEL, olds, {**LABEL, "size": 2}, preview=True).values
    assert (planned["boxId"], planned["size"], planned["color"]) == ("box-1", 2, "grey")
    assert planned["state"] is UNKNOWN
    assert shelf.calls == []


def test_every_call_that_names_an_id_tells_the_session_that_it_is_recorded(box: Engine, shelf: Shelf) -> None:
    box.diff(box.urn("Box"), "box-7", LABEL, LABEL, LABEL)
    assert shelf.seen == [(box.urn("Box"), "box-7")]


def test_an_unknown_type_and_an_unconfigured_plugin_are_refused_clearly(box: Engine) -> None:
    with pytest.raises(Refused, match="There is no resource type toy:index:Crate"):
        box.create(box.urn("Crate"), {})
    with pytest.raises(Refused, match="The shelf at nowhere does not answer"):
        box.configure(endpoint="nowhere")


def test_lookups_check_their_arguments(box: Engine, shelf: Shelf) -> None:
    shelf.boxes["box-1"] = {}
    assert box.invoke("getBoxes") == {"ids": ["box-1"]}
    answer = box.stub.Invoke(provider_pb2.InvokeRequest(tok="toy:index:getBoxes", args=to_wire({"prefix": 3})))
    assert [failure.property for failure in answer.failures] == ["prefix"]


def test_credentials_in_the_configuration_are_made_secret_and_never_replace(box: Engine) -> None:
    request = provider_pb2.CheckRequest(news=to_wire({"password": "p", "version": "1"}))
    assert from_wire(box.stub.CheckConfig(request).inputs).secrets == {"password"}
    diff = box.stub.DiffConfig(
        provider_pb2.DiffRequest(old_inputs=to_wire({"endpoint": "a"}), news=to_wire({"endpoint": "b", "on": True}))
    )
    assert (list(diff.diffs), list(diff.replaces)) == (["endpoint", "on"], [])


def test_the_schema_has_every_field_once_and_marks_secrets_and_replacements(box: Engine) -> None:
    schema = json.loads(box.stub.GetSchema(provider_pb2.GetSchemaRequest()).schema)
    resource = schema["resources"]["toy:index:Box"]
    assert {"subject", "references", "tags"} <= set(resource["inputProperties"])
    assert resource["inputProperties"]["label"]["willReplaceOnChanges"] is True
    assert resource["properties"]["token"]["secret"] is True
    assert resource["requiredInputs"] == ["label"]
    assert schema["types"]["toy:index:Part"]["required"] == ["name"]


def test_handshake_and_plugin_info_answer_as_the_engine_expects(box: Engine) -> None:
    shaken = box.stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address=""))
    assert shaken.accept_secrets
    assert box.stub.GetPluginInfo(empty_pb2.Empty()).version == "0.1.0"


def test_configuration_that_travels_as_json_in_a_string_is_read(box: Engine) -> None:
    """Stack configuration and the generated Provider class both send numbers and booleans so."""

    def failures(**given: object) -> dict[str, str]:
        request = provider_pb2.CheckRequest(news=to_wire({"version": "1", "pluginDownloadURL": "x", **given}))
        return {failure.property: failure.reason for failure in box.stub.CheckConfig(request).failures}

    assert failures(retries="5", endpoint="5") == {}
    assert failures(retries="many") == {"retries": "expected an integer, got a string"}
    assert list(failures(endpiont="x")) == ["endpiont"]


def test_an_import_lists_neither_what_is_empty_nor_the_defaults(box: Engine, shelf: Shelf) -> None:
    shelf.boxes["box-1"] = {"label": "a", "size": 1, "tags": {}, "members": []}
    assert box.read(box.urn("Box"), "box-1")[1].values == {"label": "a", "color": "grey"}
