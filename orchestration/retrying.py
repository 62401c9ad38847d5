"""What passes by itself, and so is tried again; all other failures wait for a person."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator

import dagster as dg

from orchestration.automation import read_automation

# A share of a network, a busy machine, a file that somebody has open.
_PASSES = {
    *(errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.ESTALE, errno.ENOLCK, errno.EPIPE),
    *(errno.ETIMEDOUT, errno.ECONNRESET, errno.ECONNREFUSED, errno.ECONNABORTED),
    *(errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETUNREACH, errno.ENETDOWN, errno.ENETRESET),
}
_SAYS_SO = re.compile(
    r"Could not set lock on file|Conflicting lock is held|Connection (refused|reset|aborted)|"
    r"[Tt]imed out|Broken pipe|Stale (NFS )?file handle|TTransportException|"
    r"Temporary failure in name resolution|Resource temporarily unavailable|"
    r"server closed the connection unexpectedly"
)


def is_transient(error: BaseException | str) -> bool:
    """Whether an error, or what has led to it, may be gone in a minute.

    Args:
        error: an exception, or the words of one that was met elsewhere.
    """
    if isinstance(error, str):
        return bool(_SAYS_SO.search(error))
    for each in _causes(error):
        if isinstance(each, OSError) and each.errno in _PASSES:
            return True
        if _SAYS_SO.search(str(each)):
            return True
    return False


def failure(
    context: dg.OpExecutionContext, sentence: str, error: BaseException | str
) -> dg.Failure | dg.RetryRequested:
    """What to raise: another attempt after a pause, as long as one can help; else the failure.

    Args:
        context: of the step, which knows how often it was tried.
        sentence: what a person shall read.
        error: what has happened.
    """
    patience = read_automation().patience
    failed = dg.Failure(sentence, allow_retries=False)
    if context.retry_number >= patience.retries or not is_transient(error):
        return failed
    pause = patience.retry_seconds * 4**context.retry_number
    told = f"{sentence} It may pass: trying again in {pause} s."
    context.log.warning(told)
    print(f"Warning: {told}", flush=True)  # a terminal does not show Dagster's own log
    again = dg.RetryRequested(max_retries=patience.retries, seconds_to_wait=pause)
    again.__cause__ = failed
    return again


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
