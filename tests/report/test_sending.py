"""Each final week's digest is sent once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orchestration.publishing import Publication
from orchestration.report import deliver
from orchestration.settings import DataFolder
from tests.report.marts import digest, published
from tests.report.receiver import Receiver


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    root = tmp_path / "data"
    root.mkdir()
    return DataFolder(root)


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return published(tmp_path_factory.mktemp("published") / "run")


def of_week(publication: Publication, week: str) -> Publication:
    latest = {**publication.latest_final_week, "week_start": date.fromisoformat(week)}
    return replace(publication, latest_final_week=latest)


def test_a_week_is_sent_once_and_the_next_one_again(
    data: DataFolder, publication: Publication, webhook: Receiver
) -> None:
    text = digest(publication)
    first = deliver(data, publication, text, webhook.url)
    assert first.told == "The digest of the week of 2025-12-08 was sent."
    again = deliver(data, publication, "told otherwise since", webhook.url)
    assert again.told == "It is not sent again: that of the week of 2025-12-08 was."
    next_week = deliver(data, of_week(publication, "2025-12-15"), "next", webhook.url)
    assert "2025-12-15 was sent" in next_week.told
    assert webhook.texts == [text, "next"]
    assert not (first.has_failed or again.has_failed or next_week.has_failed)


def test_a_week_before_the_one_that_was_sent_is_no_news(
    data: DataFolder, publication: Publication, webhook: Receiver
) -> None:
    deliver(data, publication, "text", webhook.url)
    told = deliver(data, of_week(publication, "2025-12-01"), "older", webhook.url).told
    assert told == "It is not sent again: that of the week of 2025-12-08 was."
    assert webhook.texts == ["text"]


def test_what_was_not_delivered_is_sent_by_the_next_run(
    data: DataFolder, publication: Publication, webhook: Receiver
) -> None:
    webhook.answers = [500, 500]
    failed = deliver(data, publication, "text", webhook.url, pauses=[0.0])
    assert failed.has_failed
    assert failed.told == (
        "The digest of the week of 2025-12-08 was not delivered: the webhook answered 500 "
        "(Internal Server Error). What is published is not affected; the next run tries again."
    )
    assert not data.digest_sent.exists()
    assert not deliver(data, publication, "text", webhook.url).has_failed
    assert len(webhook.received) == 3


def test_without_a_webhook_nothing_is_noted(data: DataFolder, publication: Publication) -> None:
    assert "NORTH_STAR_DIGEST_WEBHOOK is not set" in deliver(data, publication, "text", None).told
    assert list(data.root.iterdir()) == []


def test_without_a_final_week_there_is_nothing_to_send(
    data: DataFolder, publication: Publication, webhook: Receiver
) -> None:
    early = replace(publication, latest_final_week=None)
    delivery = deliver(data, early, "text", webhook.url)
    assert delivery.told == "It is not sent: no week is final yet."
    assert not delivery.has_failed
    assert webhook.received == []


def test_the_note_holds_no_address(
    data: DataFolder, publication: Publication, webhook: Receiver
) -> None:
    deliver(data, publication, "text", webhook.url)
    note: dict[str, Any] = json.loads(data.digest_sent.read_text())
    assert set(note) == {"week_start", "run_id", "sent_at"}
    assert (note["week_start"], note["run_id"]) == ("2025-12-08", publication.run_id)


@pytest.mark.parametrize("broken", ["", "{", "[]", "null", '{"week_start": 7}', '{"week": "x"}'])
def test_a_note_that_cannot_be_read_is_written_anew(
    data: DataFolder, publication: Publication, webhook: Receiver, broken: str
) -> None:
    data.digest_sent.write_text(broken)
    assert "was sent" in deliver(data, publication, "text", webhook.url).told
    assert json.loads(data.digest_sent.read_text())["week_start"] == "2025-12-08"
