"""What can come back from a call, sorted by what it lets us conclude.

| class | was the call executed? | a read | a write |
|---|---|---|---|
| NotSent | no: no connection | tried again | tried again |
| Throttled | no: 429, or 503 SlowDown | tried again | tried again |
| Lost | nobody knows: time-out, reset, 5xx | tried again | told, or looked for |
| Refused | no: an error with a code | told | told |
| SignInRefused | no | told, and the breaker opens | the same |

NotSent, Throttled and Lost are the runtime's (plugins/runtime/failures.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plugins.runtime.errors import Problem
from plugins.runtime.failures import Lost, NotSent, Throttled

THROTTLES = frozenset({"SlowDown", "RequestLimitExceeded", "Throttling", "TooManyRequests", "ServiceUnavailable"})
SIGN_INS = frozenset({"SignatureDoesNotMatch", "InvalidAccessKeyId", "AuthorizationHeaderMalformed"})
_REMEDIES: Mapping[str, str] = {
    "AccessDenied": "The keys are known and have no right to do this: OOS takes keys of the root account only",
    "BucketAlreadyExists": "Somebody else has a bucket of this name: choose another",
    "InvalidBucketName": "Choose another name",
    "InvalidRequest": "Compare the input with what the storage documents",
    "MalformedPolicy": "Compare the policy with what the storage documents",
    "MalformedXML": "Compare the input with what the storage documents",
    "NotImplemented": "This storage has no such call: leave the input out, and tell the provider's flavor",
    "RequestTimeTooSkewed": "Set this machine's clock",
    "TooManyBuckets": "Delete buckets that are no longer needed, or have the quota raised",
}


class SignInRefused(Problem):
    """The keys were refused: sending more would lock them out."""


@dataclass
class Refused(Exception):
    """An answer of the storage that says no."""

    call: str
    status: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.call}: {self.message or self.code} [{self.status} {self.code}]"

    def problem(self, doing: str) -> Problem:
        remedy = _REMEDIES.get(self.code, "See the message of the storage")
        return Problem(
            f"The object storage refused {doing}: {self.message or self.code}",
            remedy,
            f"{self.call} {self.status} {self.code}",
        )


def sorted_out(call: str, error: Exception, endpoint: str) -> Exception:
    """The class above that a botocore error stands for; anything else comes back as it is."""
    from botocore import exceptions
    from botocore.parsers import ResponseParserError

    if isinstance(error, exceptions.ClientError):
        return _answer(call, error.response, endpoint)
    if isinstance(error, exceptions.SSLError):
        return Problem(
            f"The certificate of {endpoint} is not accepted",
            "Check OOS_ENDPOINT; for a sandbox, AWS_CA_BUNDLE must name its authority (`rempart env` prints it)",
        )
    if isinstance(error, exceptions.EndpointConnectionError | exceptions.ConnectTimeoutError):
        return NotSent(f"no connection to {endpoint}")
    if isinstance(error, exceptions.HTTPClientError | ResponseParserError):
        return Lost(f"{call}: {type(error).__name__}")
    if isinstance(error, exceptions.ParamValidationError | exceptions.BotoCoreError):
        return Problem(f"{call} cannot be sent: {error}", "Compare the inputs with the schema")
    return error


def _answer(call: str, response: Mapping[str, Any], endpoint: str) -> Exception:
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    code = str(response.get("Error", {}).get("Code", ""))
    message = str(response.get("Error", {}).get("Message", ""))
    if status == 429 or code in THROTTLES:
        return Throttled(f"{call}: {code}")
    if code in SIGN_INS:
        return SignInRefused(
            f"The object storage at {endpoint} refused the sign-in",
            "Check OOS_ACCESS_KEY and OOS_SECRET_KEY (else those of OSC), OSC_REGION and the clock",
            f"{call} {status} {code}",
        )
    if status >= 500 and status != 501:
        return Lost(f"{call}: HTTP {status} {code}".strip())
    return Refused(call, status, code, message)
