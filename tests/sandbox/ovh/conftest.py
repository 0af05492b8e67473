from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine import openstack
from tests.engine.openstack import Account


@pytest.fixture(scope="module")
def mine(cloud: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """A project as the offer is today."""
    with openstack.joined(tmp_path_factory.mktemp("mine")) as account:
        yield account


@pytest.fixture(scope="module")
def other(cloud: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """Another customer's project, as the offer will be: with routers and floating IPs."""
    with openstack.joined(tmp_path_factory.mktemp("other"), "--routers") as account:
        yield account
