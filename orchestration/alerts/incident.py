"""One thing that is wrong, and how a person is told of it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from orchestration.report.markdown import harmless

_E_MAIL = re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+")
_LONGEST = 1500  # characters of one line; chats refuse long texts


@dataclass(frozen=True)
class Incident:
    """What is wrong now.

    Attributes:
        key: the same as long as it is the same incident.
        title: in a few words.
        what: what has happened, in the words of what has failed.
        since: when it began, UTC.
        cause: what it is likely due to, and what to do.
        link: where to read on; None if nobody has said where Dagster's page is.
    """

    key: str
    title: str
    what: str
    since: datetime
    cause: str
    link: str | None = None

    @property
    def name(self) -> str:
        """Short, and the same in each copy of its message."""
        return hashlib.sha256(f"{self.key} {self.since:%Y-%m-%dT%H:%M:%S}".encode()).hexdigest()[:8]

    @property
    def subject(self) -> str:
        """One line."""
        return f"North Star: {_safe(self.title)}"

    @property
    def text(self) -> str:
        """The message: what, since when, the likely cause, the link.

        File names, and what databases say, come from elsewhere: no address of a person, no markup
        and no mention gets through.
        """
        lines = [
            self.subject,
            f"What: {_safe(self.what)}",
            f"Since: {self.since:%Y-%m-%d %H:%M} UTC",
            f"Likely cause: {_safe(self.cause)}",
            f"Look at: {self.link or 'make dev'}",
            f"Incident {self.name}; there is no further message on it.",
        ]
        return "\n".join(lines)


def _safe(text: str) -> str:
    return harmless(_E_MAIL.sub("(an e-mail address)", text), _LONGEST)
