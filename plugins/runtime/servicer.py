"""The resource provider protocol, once for all plugins: wire in, declaration and operations, wire out."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from google.protobuf import empty_pb2

from plugins.runtime import diffing, schema
from plugins.runtime.answering import Unfinished, answered, detailed_diff, log_to
from plugins.runtime.call import Call, deadline_after
from plugins.runtime.checking import Failure, check, with_defaults
from plugins.runtime.declare import Field, Kind, Old, Plugin
from plugins.runtime.errors import Partial, Problem
from plugins.runtime.protocol import plugin_pb2, provider_pb2, provider_pb2_grpc
from plugins.runtime.values import UNKNOWN, Properties, contains_unknown, from_wire, to_wire

S = TypeVar("S")
_ENGINES_OWN = frozenset({"version", "pluginDownloadURL", "pluginChecksums", "parameterization"})


class Servicer(provider_pb2_grpc.ResourceProviderServicer, Generic[S]):
    """Serves one `Plugin`. Calls arrive on many threads; the only state is the session and the engine's address."""

    def __init__(self, plugin: Plugin[S], engine: str = "") -> None:
        self.plugin = plugin
        self._engine = engine
        self._session: S | None = None
        self._cancelled = threading.Event()
        self._kinds = {plugin.token(kind.name): kind for kind in plugin.kinds}
        self._lookups = {plugin.token(lookup.name): lookup for lookup in plugin.lookups}

    # -- the plugin itself ------------------------------------------------------------------------------------------

    @answered
    def Handshake(self, request: Any) -> Any:
        self._engine = request.engine_address or self._engine
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_outputs=True)

    @answered
    def Attach(self, request: Any) -> Any:
        self._engine = request.address or self._engine
        return empty_pb2.Empty()

    @answered
    def GetPluginInfo(self, _request: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self.plugin.version)

    @answered
    def GetSchema(self, _request: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema.schema(self.plugin)))

    @answered
    def Cancel(self, _request: Any) -> Any:
        self._cancelled.set()
        return empty_pb2.Empty()

    @answered
    def CheckConfig(self, request: Any) -> Any:
        news = from_wire(request.news)
        given = _configuration(self.plugin.configuration, news.values)
        failures = list(check(self.plugin.configuration, given))
        return _checked(news.values, news.secrets | _secret_names(self.plugin.configuration), failures)

    @answered
    def DiffConfig(self, request: Any) -> Any:
        """New credentials or another address never replace resources: what they point at is the user's affair."""
        old = from_wire(request.old_inputs).values
        new = from_wire(request.news).values
        changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        return provider_pb2.DiffResponse(changes=_some(bool(changed)), diffs=changed)

    @answered
    def Configure(self, request: Any) -> Any:
        self._session = self.plugin.connect(_configuration(self.plugin.configuration, from_wire(request.args).values))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptOutputs=True)

    @answered
    def Invoke(self, request: Any) -> Any:
        lookup = self._lookups.get(request.tok)
        if lookup is None:
            raise Problem(f"There is no function {request.tok}", _known(self._lookups))
        args = from_wire(request.args)
        failures = list(check(lookup.inputs, args.values))
        if failures:
            return provider_pb2.InvokeResponse(failures=_failures(failures))
        answer = lookup.run(self._call(urn="", seconds=120), with_defaults(lookup.inputs, args.values))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_wire(answer, _secret_names(lookup.outputs)))
        return response

    # -- one resource -----------------------------------------------------------------------------------------------

    @answered
    def Check(self, request: Any) -> Any:
        kind = self._kind(request.urn)
        news = from_wire(request.news)
        inputs = with_defaults(kind.fields, {k: v for k, v in news.values.items() if not k.startswith("__")})
        failures = list(check(kind.fields, inputs))
        if not failures:
            failures = self._more_failures(kind, inputs)
        return _checked(inputs, news.secrets | _secret_names(kind.fields), failures)

    @answered
    def Diff(self, request: Any) -> Any:
        kind = self._kind(request.urn)
        self._recorded(request)
        found = diffing.changes(kind.fields, _old(request), from_wire(request.news).values, request.ignoreChanges)
        replaces = [change.field.name for change in found if change.field.immutable]
        return provider_pb2.DiffResponse(
            changes=_some(bool(found)),
            replaces=replaces,
            diffs=[change.field.name for change in found],
            detailedDiff=detailed_diff(found),
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(replaces) and kind.delete_before_replace,
        )

    @answered
    def Create(self, request: Any) -> Any:
        kind = self._kind(request.urn)
        given = from_wire(request.properties)
        inputs, secrets = given.values, _secrets(kind, given)
        if request.preview:
            planned = diffing.planned_outputs(kind.fields, kind.outputs, inputs)
            return provider_pb2.CreateResponse(properties=to_wire(planned, secrets))
        local = diffing.local_outputs(kind.fields, inputs)
        try:
            made = kind.operations.create(self._call(request.urn, request.timeout or kind.timeouts.create), inputs)
        except Partial as partial:
            raise _unfinished(partial, {**local, **inputs, **partial.outputs}, inputs, secrets) from partial
        return provider_pb2.CreateResponse(id=made.id, properties=to_wire({**local, **inputs, **made.outputs}, secrets))

    @answered
    def Read(self, request: Any) -> Any:
        kind = self._kind(request.urn)
        self._recorded(request)
        old_inputs, old_outputs = from_wire(request.inputs), from_wire(request.properties)
        importing = not old_inputs.values and not old_outputs.values
        known_inputs = None if importing else old_inputs.values
        call = self._call(request.urn, request.timeout or kind.timeouts.read)
        found = kind.operations.read(call, request.id, known_inputs)
        if found is None:
            return provider_pb2.ReadResponse()
        inputs = diffing.inputs_after_read(kind.fields, found, known_inputs)
        kept = {f.name: old_outputs.values[f.name] for f in kind.fields if f.local and f.name in old_outputs.values}
        secrets = _secrets(kind, old_inputs, old_outputs)
        return provider_pb2.ReadResponse(
            id=found.id,
            inputs=to_wire(inputs, secrets),
            properties=to_wire({**inputs, **found.inputs, **kept, **found.outputs}, secrets),
        )

    @answered
    def Update(self, request: Any) -> Any:
        kind = self._kind(request.urn)
        self._recorded(request)
        old, news = _old(request), from_wire(request.news)
        inputs, secrets = news.values, _secrets(kind, news)
        stable = {f.name: old.outputs[f.name] for f in kind.outputs if f.name in old.outputs}
        stable |= {f.name: old.outputs[f.name] for f in kind.fields if f.server_chosen and f.name in old.outputs}
        local = diffing.local_outputs(kind.fields, inputs)
        if request.preview:
            volatile = {field.name: UNKNOWN for field in kind.outputs if field.volatile or field.name not in stable}
            planned = {**stable, **volatile, **local, **inputs}
            return provider_pb2.UpdateResponse(properties=to_wire(planned, secrets))
        call = self._call(request.urn, request.timeout or kind.timeouts.update)
        try:
            outputs = kind.operations.update(call, request.id, old, inputs)
        except Partial as partial:
            kept = {name: value for name, value in old.outputs.items() if name not in local}
            raise _unfinished(partial, {**kept, **local, **partial.outputs}, inputs, secrets) from partial
        return provider_pb2.UpdateResponse(properties=to_wire({**stable, **local, **inputs, **outputs}, secrets))

    @answered
    def Delete(self, request: Any) -> Any:
        kind = self._kind(request.urn)
        call = self._call(request.urn, request.timeout or kind.timeouts.delete)
        kind.operations.delete(call, request.id, from_wire(request.properties).values)
        return empty_pb2.Empty()

    # -- helpers ----------------------------------------------------------------------------------------------------

    def _kind(self, urn: str) -> Kind[S]:
        token = urn.split("::")[2].split("$")[-1] if urn.count("::") >= 3 else urn
        if token not in self._kinds:
            raise Problem(f"There is no resource type {token}", _known(self._kinds))
        return self._kinds[token]

    def _more_failures(self, kind: Kind[S], inputs: Mapping[str, Any]) -> list[Failure]:
        """What the kind itself has to say against inputs that are well-formed."""
        known = {name: value for name, value in inputs.items() if not contains_unknown(value)}
        found = dict(kind.check(known)) if kind.check is not None else {}
        if kind.admit is not None and self._session is not None:
            found |= kind.admit(self._session, known)
        return [Failure(name, reason) for name, reason in found.items()]

    def _call(self, urn: str, seconds: float) -> Call[S]:
        if self._session is None:
            raise Problem(f"The plugin {self.plugin.name} was not configured", "Configure the provider first")
        warn = log_to(self._engine, urn)
        return Call(self._session, urn, deadline_after(seconds), self._cancelled, warn)

    def _recorded(self, request: Any) -> None:
        """The engine's state holds this id: whoever keeps a note about an unfinished creation may drop it."""
        noticed = getattr(self._session, "recorded", None)
        if noticed is not None and request.id:
            noticed(request.urn, request.id)


def _configuration(fields: Iterable[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """Configuration without the engine's own keys; what is not a string travels as JSON in a string."""
    scalars = {field.name for field in fields if field.type == "string"}
    values = {}
    for name, value in given.items():
        if name in _ENGINES_OWN or name.startswith("__"):
            continue
        values[name] = value if name in scalars or not isinstance(value, str) else _decoded(value)
    return values


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text  # Check says what was expected


def _old(request: Any) -> Old:
    return Old(inputs=from_wire(request.old_inputs).values, outputs=from_wire(request.olds).values)


def _secret_names(fields: Iterable[Field]) -> frozenset[str]:
    return frozenset(field.name for field in fields if field.secret)


def _secrets(kind: Kind[Any], *given: Properties) -> frozenset[str]:
    declared = _secret_names(kind.fields) | _secret_names(kind.outputs)
    return declared.union(*(properties.secrets for properties in given))


def _unfinished(
    partial: Partial, outputs: Mapping[str, Any], inputs: Mapping[str, Any], secrets: frozenset[str]
) -> Unfinished:
    return Unfinished(partial.id, to_wire(outputs, secrets), to_wire(inputs, secrets), partial.reasons)


def _checked(inputs: Mapping[str, Any], secrets: frozenset[str], failures: list[Failure]) -> Any:
    return provider_pb2.CheckResponse(inputs=to_wire(inputs, secrets), failures=_failures(failures))


def _failures(failures: Iterable[Failure]) -> list[Any]:
    return [provider_pb2.CheckFailure(property=failure.property, reason=failure.reason) for failure in failures]


def _some(changed: bool) -> Any:
    return provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE


def _known(names: Iterable[str]) -> str:
    return f"Known: {', '.join(sorted(names)) or 'none'}"
