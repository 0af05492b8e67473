"""The pack's process: it serves the engine's analyzer protocol itself.

What the SDK's own server does not do, and why it is not used (ADR 0005): it takes long to listen while the engine
waits; it lets a configuration lower a policy to advice, or switch it off, without a word, where here that ends the run;
and it tells nobody that it watches, where here it attests, so that the program can refuse to run unwatched.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
from google.protobuf import empty_pb2, message_factory

from policies import pack
from policies.protocol import messages, plugins

if TYPE_CHECKING:
    from policies.session import Session

# The engine's own limits: 400 MB messages, and no time limit for a request that waits its turn.
_OPTIONS = [
    ("grpc.max_receive_message_length", 400 << 20),
    ("grpc.max_send_message_length", 400 << 20),
]
_THREADS = 4
_ORPHANED_SECONDS = 5.0
"""How often the process looks whether whoever started it is still there."""
_LEVELS = {
    messages.DISABLED: "disabled",
    messages.ADVISORY: "advisory",
    messages.MANDATORY: "mandatory",
    messages.REMEDIATE: "remediate",
}
_ASKED = {pack.Level.ADVISORY: messages.ADVISORY, pack.Level.MANDATORY: messages.MANDATORY}


class Servicer:
    """Refuses lowered levels, attests, then judges; what is heavy loads while the engine starts the program.

    `Remediate` is not here: nothing is mended behind the author's back. The engine asks for it before each resource
    and goes on at once where a pack does not know it; an empty answer from Python took 5 % of a preview.
    """

    def __init__(self) -> None:
        self._stack, self._preview = "", True
        self._of = ""
        """The stack of the first resource: asked where the engine has named none."""
        self._loader = concurrent.futures.ThreadPoolExecutor(max_workers=1, thread_name_prefix="loader")

    def Handshake(self, _request: Any, _context: grpc.ServicerContext) -> Any:
        return messages.AnalyzerHandshakeResponse()

    def ConfigureStack(self, request: Any, _context: grpc.ServicerContext) -> Any:
        self._stack, self._preview = request.stack, request.dry_run
        return messages.AnalyzerStackConfigureResponse()

    def GetPluginInfo(self, _request: Any, _context: grpc.ServicerContext) -> Any:
        return plugins.PluginInfo()  # the engine takes the version from PulumiPolicy.yaml

    def GetAnalyzerInfo(self, _request: Any, _context: grpc.ServicerContext) -> Any:
        policies = [
            messages.PolicyInfo(
                name=policy.name,
                description=policy.description,
                enforcementLevel=_ASKED[policy.level],
                severity=_severity(policy),
                policy_type=messages.POLICY_TYPE_STACK if policy.whole else messages.POLICY_TYPE_RESOURCE,
            )
            for policy in pack.POLICIES.values()
        ]
        return messages.AnalyzerInfo(name=pack.NAME, supportsConfig=True, policies=policies)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        if problem := lowered(request.policyConfig):
            _refuse(context, grpc.StatusCode.INVALID_ARGUMENT, problem)
        if not self._stack:  # `pulumi policy analyze`: there is no program, and the first URN names the stack
            return empty_pb2.Empty()
        if problem := attest(self._stack):
            _refuse(context, grpc.StatusCode.FAILED_PRECONDITION, problem)
        _ = self._loading  # nothing more comes before the program
        return empty_pb2.Empty()

    def Analyze(self, request: Any, _context: grpc.ServicerContext) -> Any:
        from blueprint import stack
        from policies import boundary

        self._of = self._of or stack.of_urn(request.urn)
        return _answer(self._pack.resource(boundary.resource(request)))

    def AnalyzeStack(self, request: Any, _context: grpc.ServicerContext) -> Any:
        from policies import boundary

        return _answer(self._pack.stack(boundary.member(one) for one in request.resources))

    def Cancel(self, _request: Any, _context: grpc.ServicerContext) -> Any:
        return empty_pb2.Empty()

    @functools.cached_property
    def _loading(self) -> concurrent.futures.Future[Session]:
        return self._loader.submit(load, self._stack or self._of, self._preview if self._stack else None)

    @functools.cached_property
    def _pack(self) -> pack.Pack:
        return pack.Pack(lambda: self._loading.result())


def lowered(config: Mapping[str, Any]) -> str | None:
    """Why a configuration is refused, or None: no policy may go below its floor, and none takes properties."""
    floors = {policy.name: policy.level for policy in pack.POLICIES.values()}
    mandatory = pack.Level.MANDATORY
    for name, wanted in sorted(config.items(), key=lambda item: (floors.get(item[0]) != mandatory, item[0])):
        level = _LEVELS.get(wanted.enforcementLevel, "unknown")
        if name not in floors:
            return f"the policy configuration names {name!r}, which is no policy of {pack.NAME}: correct or remove it"
        if floors[name] == mandatory and level != mandatory:
            return (
                f"the policy configuration brings {name!r} to {level}, below its floor (mandatory): remove that line "
                "from the configuration, or unset PULUMI_OPTION_POLICY_PACK_CONFIG"
            )
        if level == "disabled":
            return f"the policy configuration silences {name!r}: remove that line"
        if wanted.properties.fields:
            return f"the policy configuration gives properties to {name!r}, which takes none: remove them"
    return None


def attest(stack: str) -> str | None:
    """Signs that this run is watched; why that is impossible, or None."""
    from blueprint import attestation

    try:
        attestation.write(stack)
    except attestation.NotUnderPolicy:
        pass  # started by hand or by a test: there is no engine, hence no program that would look for the attestation
    except OSError as error:
        return (
            f"the policy pack cannot write its attestation ({error.strerror}): free some space in .rempart/, "
            "or set REMPART_STATE_DIR to a folder that can be written"
        )
    return None


def load(stack: str, preview: bool | None) -> Session:
    """Everything heavy. What is wrong is told at first use. `preview`: None where a state is judged."""
    from policies import analyzed, boundary, session, verdicts

    del boundary  # imported here so that the first question does not wait for it
    made = analyzed.Analyzed(stack) if preview is None else session.Session(stack, preview)
    with contextlib.suppress(verdicts.Unjudgeable):
        _ = made.judge
    return made


def _answer(found: Iterable[pack.Violation]) -> Any:
    """As the SDK words it: what the policy is about, then what is wrong."""
    return messages.AnalyzeResponse(
        diagnostics=[
            messages.AnalyzeDiagnostic(
                policyName=one.policy.name,
                policyPackName=pack.NAME,
                description=one.policy.description,
                message=f"{one.policy.description}\n{one.message}",
                enforcementLevel=_ASKED[one.policy.level],
                severity=_severity(one.policy),
                urn=one.urn,
            )
            for one in found
        ]
    )


def _severity(policy: pack.Policy) -> Any:
    blocking = policy.level is pack.Level.MANDATORY
    return messages.POLICY_SEVERITY_HIGH if blocking else messages.POLICY_SEVERITY_UNSPECIFIED


def _refuse(context: grpc.ServicerContext, code: grpc.StatusCode, problem: str) -> NoReturn:
    context.abort(code, problem)
    raise AssertionError("abort always raises")


def offered(servicer: Servicer) -> grpc.GenericRpcHandler[Any, Any]:
    """Of the protocol's calls, those that `servicer` has."""
    service = messages.DESCRIPTOR.services_by_name["Analyzer"]
    made = message_factory.GetMessageClass
    return grpc.method_handlers_generic_handler(
        service.full_name,
        {
            call.name: grpc.unary_unary_rpc_method_handler(
                getattr(servicer, call.name),
                request_deserializer=made(call.input_type).FromString,
                response_serializer=made(call.output_type).SerializeToString,
            )
            for call in service.methods
            if hasattr(servicer, call.name)
        },
    )


def start(say: Callable[[str], object]) -> grpc.Server:
    """The running server; `say` gets its port."""
    pool = concurrent.futures.ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="pack")
    server = grpc.server(pool, options=_OPTIONS)
    server.add_generic_rpc_handlers((offered(Servicer()),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    say(f"{port}\n")
    return server


def serve() -> None:
    """Serves until the engine ends this process, or is gone."""
    # Ctrl-C reaches the whole process group; the engine decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    parent = os.getppid()
    server = start(sys.stdout.write)
    sys.stdout.flush()
    while not stopped.wait(_ORPHANED_SECONDS) and os.getppid() == parent:
        pass
    server.stop(grace=None)
