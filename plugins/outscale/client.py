"""The client: one signed POST per call; reads are tried again, writes only when they surely were not executed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import tenacity

from plugins.outscale.failures import Refused, SignInRefused
from plugins.outscale.pacing import Pacer
from plugins.outscale.settings import Settings
from plugins.outscale.signature import signed_headers
from plugins.runtime.call import Call
from plugins.runtime.errors import Problem
from plugins.runtime.failures import Lost, NotSent, Throttled

Body = Mapping[str, Any]
Answer = dict[str, Any]
USER_AGENT = "rempart-outscale/0.1"
PAGE = 1000  # the most results a page that Outscale documents
READ_ATTEMPTS = 8
CONNECT_ATTEMPTS = 4
CAPACITY_ATTEMPTS = 3


class Transport(Protocol):
    """Sends bytes: (url, headers, body, seconds) -> (status, body). Raises NotSent or Lost."""

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> tuple[int, bytes]: ...


class Http:
    """The transport over requests, one session per thread."""

    def __init__(self) -> None:
        self._local = threading.local()

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> tuple[int, bytes]:
        import requests  # 0.1 s that the plugin's start does not pay

        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
        try:
            response = session.post(url, data=body, headers=dict(headers), timeout=(min(10.0, seconds), seconds))
        except requests.exceptions.SSLError as error:
            raise Problem(f"The certificate of {url} is not accepted", "Check OSC_ENDPOINT_API") from error
        except requests.exceptions.ConnectTimeout as error:
            raise NotSent(str(error)) from error
        except requests.exceptions.ConnectionError as error:
            if "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error):
                raise NotSent(str(error)) from error
            raise Lost(str(error)) from error
        except requests.exceptions.RequestException as error:
            raise Lost(str(error)) from error
        return response.status_code, response.content


class Client:
    """Calls of one account. Safe for threads."""

    def __init__(
        self, settings: Settings, limits: Path, transport: Transport | None = None, pauses: float = 1.0
    ) -> None:
        """`pauses` scales every wait between attempts (tests make it small)."""
        self.settings = settings
        self.pauses = pauses
        self._pacer = Pacer(settings, limits)
        self._transport = transport or Http()
        self._count = 0
        self._counting = threading.Lock()

    @property
    def sent(self) -> int:
        """Requests sent so far."""
        return self._count

    def read(self, call: Call[Any], name: str, body: Body) -> Answer:
        """One read call; what passes is waited for."""
        try:
            return self._again(
                call,
                name,
                lambda: self._send(call, name, body),
                (Throttled, NotSent, Lost),
                lambda state: state.attempt_number >= READ_ATTEMPTS,
            )
        except (Lost, Throttled) as error:
            raise Problem(
                f"{self.settings.endpoint} gave no answer to {name} in {READ_ATTEMPTS} attempts ({error})",
                "Nothing was changed by it; run again when the API answers",
            ) from error
        except Refused as refused:
            raise refused.problem(f"to answer {name}") from refused

    def pages(self, call: Call[Any], name: str, items: str, filters: Body) -> list[dict[str, Any]]:
        """All results of a read call, page after page."""
        found: list[dict[str, Any]] = []
        body: dict[str, Any] = {"ResultsPerPage": PAGE, **({"Filters": dict(filters)} if filters else {})}
        while True:
            answer = self.read(call, name, body)
            found += answer.get(items) or []
            if not answer.get("NextPageToken"):
                return found
            body["NextPageToken"] = answer["NextPageToken"]

    def write(self, call: Call[Any], name: str, body: Body, *, repeatable: bool = False) -> Answer:
        """One call that changes something. Raises Lost when nobody knows whether it did.

        `repeatable` calls set something to a value: sent twice, they do the same, so a lost answer is asked for again.
        """
        passing = (Throttled, NotSent, _NoCapacity, *((Lost,) if repeatable else ()))
        return self._again(call, name, lambda: self._send(call, name, body), passing, _enough_for_a_write)

    def _again(
        self,
        call: Call[Any],
        name: str,
        send: Callable[[], Answer],
        passing: tuple[type[Exception], ...],
        enough: Callable[[tenacity.RetryCallState], bool],
    ) -> Answer:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(passing),
            stop=enough,
            wait=tenacity.wait_random_exponential(multiplier=0.5 * self.pauses, max=30 * self.pauses),
            sleep=lambda seconds: call.pause(seconds, f"waiting to send {name} again"),
            reraise=True,
        )
        try:
            return retrying(send)
        except NotSent as error:
            raise Problem(
                f"{self.settings.endpoint} does not answer: no connection for {name}",
                "Check OSC_ENDPOINT_API and the network; nothing was sent",
            ) from error
        except _NoCapacity as error:
            raise error.refused from error

    def _send(self, call: Call[Any], name: str, body: Body) -> Answer:
        call.check(f"about to send {name}")
        url = f"{self.settings.endpoint}/{name}"
        data = json.dumps(dict(body)).encode()
        with self._pacer.first_alone():
            self._pacer.turn()
            headers = signed_headers(
                url, data, self.settings.access_key, self.settings.secret_key, self.settings.region
            )
            with self._counting:
                self._count += 1
            seconds = max(0.1, min(60.0, call.left()))
            status, content = self._transport(url, {**headers, "User-Agent": USER_AGENT}, data, seconds)
            return self._understood(name, status, content)

    def _understood(self, name: str, status: int, content: bytes) -> Answer:
        tree = _tree(content)
        if status == 200 and tree is not None:
            self._pacer.accepted()
            return tree
        error = ((tree or {}).get("Errors") or [{}])[0]
        refused = Refused(
            name, status, str(error.get("Type", "")), str(error.get("Code", "")), str(error.get("Details", ""))
        )
        if status == 429 or refused.type == "RequestLimitExceeded":
            self._pacer.throttled()
            raise Throttled(str(refused))
        if status == 401:
            self._pacer.refused()
            raise SignInRefused(
                f"Outscale at {self.settings.endpoint} refused the sign-in: {refused.details or refused.type}",
                "Check OSC_ACCESS_KEY, OSC_SECRET_KEY, OSC_REGION and the machine's clock",
                f"{name} {status} {refused.code} {refused.type}".strip(),
            )
        if status < 400 or status >= 500:
            if status == 501:  # the endpoint says that it will never do this: not a lost answer
                raise refused.problem(name)
            raise Lost(f"{name}: HTTP {status} {refused.type}".strip())
        self._pacer.accepted()
        if refused.no_capacity:
            raise _NoCapacity(refused)
        raise refused


class _NoCapacity(Exception):
    """Refused for want of room: worth a few more attempts."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(str(refused))
        self.refused = refused


def _enough_for_a_write(state: tenacity.RetryCallState) -> bool:
    """Throttles are waited for until the deadline; the rest gives up sooner."""
    failure = state.outcome.exception() if state.outcome else None
    if isinstance(failure, _NoCapacity):
        return state.attempt_number >= CAPACITY_ATTEMPTS
    return isinstance(failure, NotSent | Lost) and state.attempt_number >= CONNECT_ATTEMPTS


def _tree(content: bytes) -> dict[str, Any] | None:
    try:
        tree = json.loads(content)
    except ValueError:
        return None
    return tree if isinstance(tree, dict) else None
