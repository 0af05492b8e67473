"""What the pack answers to the engine's analyzer protocol, over whatever carries it.

What the SDK's own server does not do, and why it is not used (ADR 0005): it takes long to listen while the engine
waits; it lets a configuration lower a policy to advice, or switch it off, without a word, where here that ends the run;
and it tells nobody that it watches, where here it attests, so that the program can refuse to run unwatched.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from google.protobuf import empty_pb2, message_factory

from policies import pack
from policies.protocol import messages, plugins

if TYPE_CHECKING:
    from policies.session import Session

_LEVELS = {
    messages.DISABLED: "disabled",
    messages.ADVISORY: "advisory",
    messages.MANDATORY: "mandatory",
    messages.REMEDIATE: "remediate",
}
_ASKED = {pack.Level.ADVISORY: messages.ADVISORY, pack.Level.MANDATORY: messages.MANDATORY}


class Refused(Exception):
    """The engine must not go on; the message says why and what to do. `code`: gRPC's number for it."""

    def __init__(self, problem: str, code: int) -> None:
        super().__init__(problem)
        self.code = code


OK, INVALID_ARGUMENT, FAILED_PRECONDITION, INTERNAL = 0, 3, 9, 13
"""gRPC's numbers: https://grpc.github.io/grpc/core/md_doc_statuscodes.html."""


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

    def Handshake(self, _request: Any) -> Any:
        return messages.AnalyzerHandshakeResponse()

    def ConfigureStack(self, request: Any) -> Any:
        self._stack, self._preview = request.stack, request.dry_run
        return messages.AnalyzerStackConfigureResponse()

    def GetPluginInfo(self, _request: Any) -> Any:
        return plugins.PluginInfo()  # the engine takes the version from PulumiPolicy.yaml

    def GetAnalyzerInfo(self, _request: Any) -> Any:
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

    def Configure(self, request: Any) -> Any:
        if problem := lowered(request.policyConfig):
            raise Refused(problem, INVALID_ARGUMENT)
        if not self._stack:  # `pulumi policy analyze`: there is no program, and the first URN names the stack
            return empty_pb2.Empty()
        if problem := attest(self._stack):
            raise Refused(problem, FAILED_PRECONDITION)
        _ = self._loading  # nothing more comes before the program
        return empty_pb2.Empty()

    def Analyze(self, request: Any) -> Any:
        from blueprint import stack
        from policies import boundary

        self._of = self._of or stack.of_urn(request.urn)
        return _answer(self._pack.resource(boundary.resource(request)))

    def AnalyzeStack(self, request: Any) -> Any:
        from policies import boundary

        return _answer(self._pack.stack(boundary.member(one) for one in request.resources))

    def Cancel(self, _request: Any) -> Any:
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
        _ = made.judge if preview is None else made.foreseen
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


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """One method: from the bytes that the engine sends to those it gets."""

    read: Callable[[bytes], Any]
    answer: Callable[[Any], Any]
    write: Callable[[Any], bytes]


SERVICE = messages.DESCRIPTOR.services_by_name["Analyzer"]


def calls(servicer: Servicer) -> dict[str, Call]:
    """Of the protocol's methods, those that `servicer` has."""
    made = message_factory.GetMessageClass
    return {
        one.name: Call(
            made(one.input_type).FromString, getattr(servicer, one.name), made(one.output_type).SerializeToString
        )
        for one in SERVICE.methods
        if hasattr(servicer, one.name)
    }
