"""What holds for every test: nothing reports to anybody, no test touches the repository's data/."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

# Before any test imports Dagster or dbt. A test that runs something gives it a folder of its own.
os.environ["DO_NOT_TRACK"] = "1"
os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
os.environ["NORTH_STAR_DATA"] = tempfile.mkdtemp(prefix="north-star-tests-")
# Or a test would write into somebody's chat, or history.
for name in ("DIGEST_WEBHOOK", "ALERT_WEBHOOK", "ALERT_SMTP", "DAGSTER_POSTGRES", "DAGSTER_URL"):
    os.environ.pop(f"NORTH_STAR_{name}", None)
for name in ("SCHEDULE_CRON", "ENVIRONMENT", "TARGET"):
    os.environ.pop(f"NORTH_STAR_{name}", None)

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session", autouse=True)
def _compile_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The processes of a test run share what dbt has compiled."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = tmp_path_factory.getbasetemp().parent / "compiled"
        os.environ.setdefault("NORTH_STAR_COMPILED", str(folder))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skipped test is a failure: what was not tried is not known to work."""
    skipped = _skipped(session.config)
    if os.environ.get("NORTH_STAR_CI") and skipped:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why the session has failed."""
    skipped = _skipped(terminalreporter.config)
    if os.environ.get("NORTH_STAR_CI") and skipped:
        terminalreporter.write_line(
            f"Failed: {skipped} skipped, and NORTH_STAR_CI is set.", red=True
        )


def _skipped(config: pytest.Config) -> int:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return len(reporter.stats.get("skipped", [])) if reporter else 0
