"""Sending a text to a webhook, whose address is a secret."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

import requests

# Seconds to connect, and to wait for each part of the answer.
TIMEOUTS = (5.0, 15.0)
# Seconds before the second attempt, the third and so on.
PAUSES = (2.0, 10.0)

_TOO_MANY = 429


def send(url: str, text: str, pauses: Sequence[float] = PAUSES) -> str | None:
    """POST ``{"text": ...}``, as Slack, Mattermost and Google Chat take it.

    What may pass by itself is tried again: no connection, no answer in time, an error of the
    server's own. A redirect is not followed: it could lead the secret to another host, or out of
    TLS.

    Args:
        url: a secret; neither it nor anything that the server answers is repeated.
        text: what is sent.
        pauses: seconds before each further attempt.

    Returns:
        What went wrong at last, in words that follow "it"; None if it was taken.
    """
    problem = None
    for pause in (0.0, *pauses):
        time.sleep(pause)
        problem, may_pass = _attempt(url, text)
        if not may_pass:
            break
    return problem


def _attempt(url: str, text: str) -> tuple[str | None, bool]:
    """What went wrong, if anything, and whether it may pass by itself."""
    try:
        with _silence(), requests.Session() as session:
            # Whoever listens on this machine is not to be looked for behind a proxy.
            session.trust_env = urlsplit(url).scheme == "https"
            answer = session.post(
                url, json={"text": text}, timeout=TIMEOUTS, allow_redirects=False, stream=True
            )
            status = answer.status_code
    except requests.exceptions.SSLError:
        return "has no valid TLS or certificate", False
    except requests.exceptions.Timeout:
        return "did not answer in time", True
    # Their words name the address.
    except (requests.exceptions.RequestException, OSError, ValueError):
        return "could not be reached", True
    if 200 <= status < 300:
        return None, False
    if 300 <= status < 400:
        return f"answered with a redirect ({status}), which is not followed", False
    return f"answered {status}{_meaning(status)}", status >= 500 or status == _TOO_MANY


def _meaning(status: int) -> str:
    """What a status stands for; the server's own words could be anything, the address included."""
    try:
        return f" ({HTTPStatus(status).phrase})"
    except ValueError:
        return ""


@contextmanager
def _silence() -> Iterator[None]:
    """urllib3 writes the path of each request into its log, and the path is the secret."""
    loggers = [logging.getLogger(name) for name in ("urllib3.connectionpool", "urllib3.util.retry")]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, was_disabled in zip(loggers, before, strict=True):
            logger.disabled = was_disabled
