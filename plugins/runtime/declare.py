"""How a plugin is declared: fields, kinds, lookups, one `Plugin`. The runtime carries the rest.

A plugin is a folder with `PulumiPlugin.yaml` and a `__main__.py` of two lines:

    from plugins.runtime.serve import serve
    from plugins.example.plugin import PLUGIN
    serve(PLUGIN)

and a declaration such as:

    class BucketOperations:                                  # the calls: see `Operations`
        def create(self, call, inputs): ...; return Made(id, {"arn": ...})
        def read(self, call, id, inputs): ...; return Found(id, inputs={...}, outputs={...})   # or None: confirmed gone
        def update(self, call, id, old, inputs): ...; return {...}                             # computed outputs
        def delete(self, call, id, outputs): ...                                               # returns once it is gone

    BUCKET = Kind("Bucket", "A bucket.",
        inputs=(Field("bucket", required=True, immutable=True), Field("versioning", "boolean", default=False), TAGS),
        outputs=(Field("arn"),), operations=BucketOperations())
    PLUGIN = Plugin("example", "0.1.0", "...", kinds=(BUCKET,), configuration=(Field("endpoint"),), connect=connect)

`connect(configuration)` is called by Configure and returns the session (a client) that operations find in
`call.session`. Every kind also takes `subject` and `references` (kept in state, never sent): `Kind.fields` adds them.

Values that operations see are plain Python (str, int, float, bool, list, dict): secrets are unwrapped on the way in and
wrapped again on the way out; unknowns never reach an operation, because previews make no call.
Raise `errors.Problem` for a failure, `errors.Partial` for a resource that exists but is unfinished.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

from plugins.runtime.call import Call

Values = Mapping[str, Any]
S = TypeVar("S")
Scalar = Literal["string", "integer", "number", "boolean", "any"]


@dataclass(frozen=True)
class ListOf:
    item: Type


@dataclass(frozen=True)
class MapOf:
    item: Type


@dataclass(frozen=True)
class Record:
    """An object type; `name` is its name in the schema and in the generated SDK."""

    name: str
    fields: tuple[Field, ...]


Type = Scalar | ListOf | MapOf | Record


@dataclass(frozen=True)
class Field:
    """One property. The flags say how Check, Diff and Read treat it.

    immutable       a change replaces the resource
    secret          always a secret in the state
    unordered       a list whose order means nothing
    default         what Check fills in when it is absent
    server_chosen   optional; when absent the API chooses, and what it chose makes no difference
    write_only      the API never tells it: Read keeps the old input, an import leaves it out
    local           never sent: a change is stored, without a call
    volatile        (outputs) unknown at the preview of an update; other outputs keep their value
    json            a JSON document in a string: spaces and the order of keys make no difference
    """

    name: str
    type: Type = "string"
    description: str = ""
    required: bool = False
    immutable: bool = False
    secret: bool = False
    unordered: bool = False
    default: Any = None
    server_chosen: bool = False
    write_only: bool = False
    local: bool = False
    volatile: bool = False
    json: bool = False
    choices: tuple[str, ...] = ()


SUBJECT = Field("subject", local=True, description="Blueprint path of what this resource stands for. Never sent.")
REFERENCES = Field(
    "references",
    MapOf("string"),
    local=True,
    description="Input property -> blueprint path of what it points at. Never sent.",
)
TAGS = Field("tags", MapOf("string"), description="Tags of the resource.")


@dataclass(frozen=True)
class Made:
    """A finished creation: the id, and the computed outputs (inputs are added by the runtime)."""

    id: str
    outputs: Values = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What the API has: every readable input field that has a value, and the computed outputs."""

    id: str
    inputs: Values = field(default_factory=dict)
    outputs: Values = field(default_factory=dict)


@dataclass(frozen=True)
class Old:
    """What the state holds: the last inputs and the last outputs (inputs as applied, and computed ones)."""

    inputs: Values
    outputs: Values


class Operations(Protocol[S]):
    """The calls of one kind."""

    def create(self, call: Call[S], inputs: Values) -> Made: ...

    def read(self, call: Call[S], id: str, inputs: Values | None) -> Found | None:
        """None only when the API confirmed that it is not there. `inputs` is None for an import."""

    def update(self, call: Call[S], id: str, old: Old, inputs: Values) -> Values: ...

    def delete(self, call: Call[S], id: str, outputs: Values) -> None: ...


@dataclass(frozen=True)
class Timeouts:
    """Seconds that an operation may take when the user gives no `custom_timeouts`."""

    create: float = 600
    read: float = 120
    update: float = 600
    delete: float = 600


@dataclass(frozen=True)
class Kind(Generic[S]):
    """A resource type: token `<plugin>:index:<name>`."""

    name: str
    description: str
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    operations: Operations[S]
    delete_before_replace: bool = False
    timeouts: Timeouts = Timeouts()
    check: Callable[[Values], Mapping[str, str]] | None = None
    """More input checks: known inputs -> {property: reason}."""
    admit: Callable[[S, Values], Mapping[str, str]] | None = None
    """Input checks that depend on the provider's configuration: (session, known inputs) -> {property: reason}."""

    @property
    def fields(self) -> tuple[Field, ...]:
        return (*self.inputs, SUBJECT, REFERENCES)


@dataclass(frozen=True)
class Lookup(Generic[S]):
    """A function: token `<plugin>:index:<name>`."""

    name: str
    description: str
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    run: Callable[[Call[S], Values], Values]


@dataclass(frozen=True)
class Plugin(Generic[S]):
    name: str
    version: str
    description: str
    kinds: tuple[Kind[S], ...]
    configuration: tuple[Field, ...]
    connect: Callable[[Values], S]
    lookups: tuple[Lookup[S], ...] = ()
    python_package: str = ""

    def token(self, name: str) -> str:
        return f"{self.name}:index:{name}"
