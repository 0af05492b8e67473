"""The pack's process: the SDK's server, with the two things that it does not do.

The SDK lets a configuration lower a policy to advice, or switch it off, without a word; here that ends the run. And
it tells nobody that it watches; here it attests, so that the program can refuse to run unwatched. Both need the SDK's
servicer, which it keeps to itself: the class is replaced, and a test holds that it still works.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import grpc
from pulumi.runtime import proto
from pulumi_policy import policy as sdk

from blueprint import attestation
from policies import pack
from policies.verdicts import Unjudgeable

if TYPE_CHECKING:
    from policies.session import Session

_LEVELS = {
    proto.DISABLED: "disabled",
    proto.ADVISORY: "advisory",
    proto.MANDATORY: "mandatory",
    proto.REMEDIATE: "remediate",
}


class Servicer(sdk._PolicyAnalyzerServicer):
    """Refuses lowered levels, then attests."""

    stack: str

    def Configure(self, request: Any, context: Any) -> Any:
        if problem := lowered(request.policyConfig):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, problem)
        answer = super().Configure(request, context)  # type: ignore[no-untyped-call]
        try:
            attestation.write(self.stack)
        except attestation.NotUnderPolicy:
            # Started by hand or by a test: there is no engine, hence no program that would look for the attestation.
            pass
        except OSError as error:
            context.abort(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"the policy pack cannot write its attestation ({error.strerror}): free some space in .rempart/, "
                "or set REMPART_STATE_DIR to a folder that can be written",
            )
        return answer


def lowered(config: Mapping[str, Any]) -> str | None:
    """Why a configuration is refused, or None: no policy may go below its floor, and none takes properties."""
    mandatory = {*pack.FAMILIES, pack.STACK}
    known = {*mandatory, pack.ADVICE, pack.STACK_ADVICE}
    for name, wanted in sorted(config.items(), key=lambda item: (item[0] not in mandatory, item[0])):
        level = _LEVELS.get(wanted.enforcementLevel, "unknown")
        if name not in known:
            return f"the policy configuration names {name!r}, which is no policy of {pack.NAME}: correct or remove it"
        if name in mandatory and level != "mandatory":
            return (
                f"the policy configuration brings {name!r} to {level}, below its floor (mandatory): remove that line "
                "from the configuration, or unset PULUMI_OPTION_POLICY_PACK_CONFIG"
            )
        if name not in mandatory and level == "disabled":
            return f"the policy configuration silences {name!r}: remove that line"
        if wanted.properties.fields:
            return f"the policy configuration gives properties to {name!r}, which takes none: remove them"
    return None


def load(stack: str, preview: bool) -> Session:
    """Everything heavy, while the engine starts the program. What is wrong shows again, and is told, at first use."""
    from policies import session

    made = session.Session(stack, preview)
    with contextlib.suppress(Unjudgeable):
        _ = made.judge
    return made


def serve() -> None:
    """Serves until the engine closes. The stack and the operation come from the engine's environment."""
    stack, preview = os.environ.get("PULUMI_STACK", ""), os.environ.get("PULUMI_DRY_RUN", "true") == "true"
    loading = concurrent.futures.ThreadPoolExecutor(max_workers=1).submit(load, stack, preview)
    Servicer.stack = stack
    sdk._PolicyAnalyzerServicer = Servicer  # type: ignore[misc]
    try:
        sdk.PolicyPack(pack.NAME, pack.Pack(loading.result).policies(), enforcement_level=pack.FLOOR)
    except KeyboardInterrupt:
        sys.exit(0)
