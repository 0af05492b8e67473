"""Calls to the object storage: reads are tried again, writes only when they surely were not executed.

boto3 is imported at the first call: a preview makes none, and the plugin's start does not pay for it.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tenacity

from plugins.runtime.call import Call
from plugins.runtime.errors import Problem
from plugins.runtime.failures import Lost, NotSent, Throttled
from plugins.s3.breaker import Breaker
from plugins.s3.failures import Refused, sorted_out
from plugins.s3.settings import Settings

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

ATTEMPTS = 6
CONNECT_ATTEMPTS = 3  # an endpoint that is down should be told soon
Answer = dict[str, Any]


class Storage:
    """One account of one storage. Safe for threads."""

    def __init__(self, settings: Settings, limits: Path, pauses: float = 1.0) -> None:
        """`pauses` scales every wait between attempts (tests make it small)."""
        self.settings = settings
        self._breaker = Breaker(settings, limits)
        self._pauses = pauses
        self._building = threading.Lock()

    def read(self, call: Call[Any], name: str, absent: Collection[str] = (), **parameters: Any) -> Answer | None:
        """One call that changes nothing, e.g. `get_bucket_policy`; None when its error code is one of `absent`."""
        try:
            return self._again(call, name, parameters, (Throttled, NotSent, Lost))
        except Refused as refused:
            if refused.code in absent:
                return None
            raise refused.problem(f"to answer {name}") from refused
        except (Lost, Throttled) as error:
            raise Problem(
                f"{self.settings.endpoint} gave no answer to {name} in {ATTEMPTS} attempts ({error})",
                "Nothing was changed by it; run again when the storage answers",
            ) from error

    def write(self, call: Call[Any], name: str, **parameters: Any) -> Answer:
        """One call that changes something. Raises Lost when nobody knows whether it did, Refused when it did not."""
        try:
            return self._again(call, name, parameters, (Throttled, NotSent))
        except Throttled as error:
            raise Problem(f"{name} was throttled {ATTEMPTS} times ({error})", "Run again later", "SlowDown") from error

    def _again(
        self, call: Call[Any], name: str, parameters: Mapping[str, Any], passing: tuple[type[Exception], ...]
    ) -> Answer:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(passing),
            stop=_enough,
            wait=tenacity.wait_random_exponential(multiplier=0.5 * self._pauses, max=20 * self._pauses),
            sleep=lambda seconds: call.pause(seconds, f"waiting to send {name} again"),
            reraise=True,
        )
        try:
            return retrying(self._send, call, name, parameters)
        except NotSent as error:
            raise Problem(
                f"{self.settings.endpoint} does not answer: no connection for {name}",
                "Check OOS_ENDPOINT and the network (`rempart sandbox status` for a sandbox); nothing was sent",
            ) from error

    def _send(self, call: Call[Any], name: str, parameters: Mapping[str, Any]) -> Answer:
        call.check(f"about to send {name}")
        send: Callable[..., Answer] = getattr(self._client, name)
        with self._breaker.passing():
            try:
                answer = send(**parameters)
            except Exception as error:
                failure = sorted_out(name, error, self.settings.endpoint)
                if isinstance(failure, Refused | Throttled):
                    self._breaker.accepted()
                raise failure from error
            self._breaker.accepted()
            return answer

    @functools.cached_property
    def _built(self) -> S3Client:
        return build(self.settings)

    @property
    def _client(self) -> S3Client:
        with self._building:
            return self._built


def _enough(state: tenacity.RetryCallState) -> bool:
    failure = state.outcome.exception() if state.outcome else None
    return state.attempt_number >= (CONNECT_ATTEMPTS if isinstance(failure, NotSent) else ATTEMPTS)


def build(settings: Settings) -> S3Client:
    """A client that follows our settings and nothing else: no profile, no configuration file, no instance role."""
    import boto3
    import botocore.session
    from botocore.config import Config

    nowhere = (None, None, os.devnull, None)
    variables = {"profile": (None, None, None, None), "config_file": nowhere, "credentials_file": nowhere}
    session = boto3.Session(
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        region_name=settings.region,
        botocore_session=botocore.session.Session(session_vars=variables),
    )
    client = session.client(
        "s3",
        endpoint_url=settings.endpoint,
        verify=settings.ca_bundle or True,
        config=Config(
            signature_version="s3v4",
            connect_timeout=10,
            read_timeout=60,
            retries={"total_max_attempts": 1},  # attempts are counted here, not twice
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"},
            user_agent_extra="rempart-s3/0.1",
        ),
    )
    client.meta.events.register("before-call.s3", _add_digest)
    return client


def _add_digest(params: dict[str, Any], **_others: Any) -> None:
    """Content-MD5 on documents: storages older than S3's newer checksums ask for it, and the others accept both."""
    body = params.get("body")
    if isinstance(body, bytes) and body and "Content-MD5" not in params["headers"]:
        digest = hashlib.md5(body, usedforsecurity=False).digest()
        params["headers"]["Content-MD5"] = base64.b64encode(digest).decode()
