"""What serving raises."""

from __future__ import annotations


class ServeError(Exception):
    """What is published was not copied, and what was served before is served still.

    The message is one sentence or two for the person who runs it.
    """
