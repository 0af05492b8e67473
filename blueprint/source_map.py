"""Where each thing of a blueprint is written: from a subject, or a path, to file, line and column."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from blueprint.errors import Location

Path = tuple[str | int, ...]
"""Keys and list indices from the root of the file."""


@dataclasses.dataclass(frozen=True, slots=True)
class SourceMap:
    """Positions of the entries of one file.

    `keys` holds where each entry begins (the key of a mapping's entry, the item of a list), `values` where its value
    begins. `aliases` sends the subjects that no line of the file spells (generated flows, peerings, gateways) to the
    path they come from.
    """

    file: str
    keys: Mapping[Path, tuple[int, int]]
    values: Mapping[Path, tuple[int, int]]
    aliases: Mapping[str, Path] = dataclasses.field(default_factory=dict)

    def locate(self, subject: str, field: str | None = None) -> Location:
        """The line that says `subject`, or the nearest enclosing block's; with `field`, that field's line if written.

        >>> source_map.locate("bubbles/warehouse/zones/data/az/a")  # the line of zone `data`
        """
        path = self._path_of(subject)
        if field is not None and (*path, field) in self.keys:
            path = (*path, field)
        return self.at(path)

    def at(self, path: Path, *, value: bool = False) -> Location:
        """Where `path` is written, or its nearest enclosing entry; `value=True` points at the value, not at its key."""
        table = self.values if value else self.keys
        while path and path not in table:
            path = path[:-1]
        line, column = table.get(path, (1, 1))
        return Location(self.file, line, column)

    def _path_of(self, subject: str) -> Path:
        segments = subject.split("/")
        for length in range(len(segments), 0, -1):
            alias = self.aliases.get("/".join(segments[:length]))
            if alias is not None:
                return alias
            path = tuple(segments[:length])
            if path in self.keys:
                return path
        return ()
