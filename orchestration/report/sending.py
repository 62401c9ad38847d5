"""Sending each final week's digest once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from orchestration.settings import DataFolder
from orchestration.webhook import PAUSES, send

if TYPE_CHECKING:
    from orchestration.publishing import Publication


@dataclass(frozen=True)
class Delivery:
    """What has become of a digest.

    Attributes:
        told: one sentence.
        has_failed: whether it should have been sent and was not; the next run tries again.
        was_tried: whether there was an attempt.
    """

    told: str
    has_failed: bool = False
    was_tried: bool = False


def deliver(
    data: DataFolder,
    publication: Publication,
    text: str,
    webhook: str | None,
    pauses: Sequence[float] = PAUSES,
) -> Delivery:
    """Send the digest of a publication, unless that of its week was sent before.

    What was sent is noted in a file of the data folder and not looked up in Dagster's history,
    which somebody may prune or lose: everybody would get last week's digest again. Deleting the
    file sends it again on purpose. A run that is killed between sending and noting does so, too.

    Args:
        data: the data folder, whose run lock the caller holds.
        publication: what is published.
        text: its digest.
        webhook: where to; None for nowhere.
        pauses: seconds before each further attempt.
    """
    if webhook is None:
        return Delivery("It is sent to nobody: NORTH_STAR_DIGEST_WEBHOOK is not set.")
    if publication.latest_final_week is None:
        return Delivery("It is not sent: no week is final yet.")
    week = publication.latest_final_week["week_start"]
    sent = _sent(data)
    if sent and sent >= week:
        return Delivery(f"It is not sent again: that of the week of {sent} was.")
    problem = send(webhook, text, pauses)
    if problem:
        return Delivery(
            f"The digest of the week of {week} was not delivered: the webhook {problem}. What is "
            "published is not affected; the next run tries again.",
            has_failed=True,
            was_tried=True,
        )
    _note(data, publication, week)
    return Delivery(f"The digest of the week of {week} was sent.", was_tried=True)


def _sent(data: DataFolder) -> date | None:
    """The latest week whose digest was sent; a file that cannot be read says nothing."""
    try:
        return date.fromisoformat(json.loads(data.digest_sent.read_text())["week_start"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _note(data: DataFolder, publication: Publication, week: date) -> None:
    sent_at = datetime.now(UTC).isoformat(timespec="seconds")
    note = {"week_start": str(week), "run_id": publication.run_id, "sent_at": sent_at}
    incoming = data.digest_sent.with_suffix(".incoming")
    incoming.write_text(json.dumps(note))
    incoming.replace(data.digest_sent)
