"""What every component of this project is: a named grouping that policies can see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

TOKEN = "rempart:components:{}"


class Brick(pulumi.ComponentResource):
    """A component whose props reach the policies, because they are given to the base constructor."""

    def __init__(
        self, name: str, subject: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TOKEN.format(type(self).__name__), name, {"subject": subject, **props}, opts)
