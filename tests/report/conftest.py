"""A webhook for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.report.receiver import Receiver, receiving


@pytest.fixture
def webhook() -> Iterator[Receiver]:
    """It takes everything, unless it is told otherwise."""
    with receiving() as receiver:
        yield receiver
