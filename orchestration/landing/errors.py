"""What landing raises."""

from __future__ import annotations


class LandingError(Exception):
    """Landing cannot go on; the message is one sentence for the person who runs it."""
