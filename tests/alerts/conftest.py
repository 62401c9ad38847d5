"""A webhook and a mail server of one's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orchestration.settings import DataFolder
from tests.alerts.mail_server import MailServer, running_mail_server
from tests.report.receiver import Receiver, receiving


@pytest.fixture
def webhook() -> Iterator[Receiver]:
    """It takes everything, unless it is told otherwise."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """It takes everything from whoever knows the password."""
    with running_mail_server() as server:
        yield server


@pytest.fixture
def data(tmp_path) -> DataFolder:
    """An empty data folder."""
    return DataFolder(tmp_path)
