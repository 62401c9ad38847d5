"""What a run works on: the folder ``NORTH_STAR_DATA`` and the engine ``NORTH_STAR_TARGET``.

Where digests and alerts are sent, how much memory DuckDB may take, and which of the environments in
automation.yml this is, also come from environment variables; README.md lists them.
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

PROJECT = Path(__file__).resolve().parents[1]
DEFAULT_DATA = PROJECT / "data"

_MEMORY_LIMIT = "1200MB"
_SIZE = re.compile(r"\d+(\.\d+)? *[MG]i?B", re.IGNORECASE)

# Targets of profiles.yml that a run may build on, and what they are.
DUCKDB = "prod"
SPARK = "spark"
_TARGETS = {DUCKDB: "DuckDB", SPARK: "Apache Spark"}


class SettingsError(Exception):
    """A setting is wrong; the message is one sentence for the person who set it."""


@dataclass(frozen=True)
class DataFolder:
    """The folder that holds all state, and the names of what lies in it.

    Attributes:
        root: absolute path of the folder.
        target: what runs build on, ``prod`` (DuckDB) or ``spark``. Each has its own record of
            builds and its own link to what is published; landed rows are the same for both.
    """

    root: Path
    target: str = DUCKDB

    @classmethod
    def from_environment(cls) -> DataFolder:
        """The folder that ``NORTH_STAR_DATA`` names; without it ``data/``, made if absent.

        Raises:
            SettingsError: ``NORTH_STAR_DATA`` names no folder, or ``NORTH_STAR_TARGET`` nothing
                that a run can build on.
        """
        target = _target()
        named = os.environ.get("NORTH_STAR_DATA")
        if not named:
            DEFAULT_DATA.mkdir(exist_ok=True)
            return cls(DEFAULT_DATA, target)
        root = Path(named).expanduser().resolve()
        if not root.is_dir():
            raise SettingsError(
                f"NORTH_STAR_DATA={named}: there is no such folder; it should be one that holds "
                "landing/<source>/<table>/ with your files, for instance "
                "landing/api_gateway/api_requests/2026-11-22.jsonl.gz."
            )
        return cls(root, target)

    def on(self, target: str) -> DataFolder:
        """The same folder, as runs on another target see it."""
        return replace(self, target=target)

    @property
    def is_default(self) -> bool:
        """Whether this is ``data/``, the only folder that is ever filled with the sample."""
        return self.root == DEFAULT_DATA

    @property
    def landing(self) -> Path:
        """Files dropped by other systems; read, never changed."""
        return self.root / "landing"

    @property
    def raw(self) -> Path:
        """What landing wrote: the only state that is not rebuilt."""
        return self.root / "raw"

    @property
    def warehouse(self) -> Path:
        """The build's own database; may be deleted between runs."""
        return self.root / "warehouse.duckdb"

    @property
    def spill(self) -> Path:
        """What does not fit in the memory of a run; gone when it ends."""
        return self.root / "spill"

    @property
    def dev(self) -> Path:
        """Databases of those who work on the models, in a folder that only they may read."""
        return self.root / "dev"

    @property
    def publications(self) -> Path:
        """One folder for each published set of marts."""
        return self.root / "publications"

    @property
    def published(self) -> Path:
        """The symbolic link to the current publication."""
        return self.root / ("published" if self.target == DUCKDB else f"published-{self.target}")

    @property
    def digest_sent(self) -> Path:
        """Which week's digest was sent; without it the next run sends that of its latest week."""
        return self.root / "digest_sent.json"

    @property
    def incidents(self) -> Path:
        """What is wrong and who was told; without it everything that is wrong is told again."""
        return self.root / "incidents.json"

    @property
    def runs(self) -> Path:
        """One folder for each of the last runs: dbt's artifacts, and its log as JSON lines."""
        return self.root / "runs"

    @property
    def alive(self) -> Path:
        """One locked file for each run whose process is at work."""
        return self.root / "alive"

    @property
    def rolled_back(self) -> Path:
        """Which version somebody has gone back to; it counts as long as readers see that one."""
        suffix = "" if self.target == DUCKDB else f"-{self.target}"
        return self.root / f"rolled_back{suffix}.json"

    @property
    def dbt(self) -> Path:
        """dbt's manifest, target folder and logs of the orchestrated builds, each target's own."""
        return self.root / "dbt" / self.target

    @property
    def dagster(self) -> Path:
        """Dagster's storage: run history, event log, compute logs."""
        return self.root / "dagster"


def _target() -> str:
    named = os.environ.get("NORTH_STAR_TARGET") or DUCKDB
    if named not in _TARGETS:
        known = " or ".join(f"{name} ({engine})" for name, engine in _TARGETS.items())
        raise SettingsError(
            f"NORTH_STAR_TARGET={named}: a run can build on {known}; without it, on {DUCKDB}."
        )
    return named


def digest_webhook() -> str | None:
    """Where digests are sent; None if nowhere.

    The address is all that is needed to write into the chat behind it: a secret, which no message
    repeats.

    Raises:
        SettingsError: ``NORTH_STAR_DIGEST_WEBHOOK`` is no address that one may send to.
    """
    return _webhook("NORTH_STAR_DIGEST_WEBHOOK", "the digest")


def alert_webhook() -> str | None:
    """Where alerts are sent; None if nowhere. A secret, as that of digests.

    Raises:
        SettingsError: ``NORTH_STAR_ALERT_WEBHOOK`` is no address that one may send to.
    """
    return _webhook("NORTH_STAR_ALERT_WEBHOOK", "an alert")


@dataclass(frozen=True)
class Mail:
    """How alerts are mailed.

    Attributes:
        host: of the SMTP server.
        port: of the SMTP server.
        security: ``tls`` from the first byte, ``starttls``, or ``none``, on this machine only.
        user: to log in with; None for nobody.
        password: to log in with; a secret.
        sender: address of the sender.
        recipients: addresses.
    """

    host: str
    port: int
    security: str
    user: str | None
    password: str | None
    sender: str
    recipients: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Mail({self.host}:{self.port})"


def alert_mail() -> Mail | None:
    """How alerts are mailed; None if they are not.

    Raises:
        SettingsError: ``NORTH_STAR_ALERT_SMTP`` is no server, or an address is missing.
    """
    named = os.environ.get("NORTH_STAR_ALERT_SMTP") or None
    if not named:
        return None
    try:
        parts = urlsplit(named)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    is_here = bool(host) and _is_on_this_machine(parts._replace(scheme="http"))
    if parts.scheme not in ("smtp", "smtps") or not host:
        raise SettingsError(
            "NORTH_STAR_ALERT_SMTP is no mail server: write smtps://user:password@host:465 or "
            "smtp://user:password@host:587, which has to offer STARTTLS. It may hold a secret and "
            "is not repeated here."
        )
    sender, recipients = (
        tuple(filter(None, re.split(r"[,;\s]+", os.environ.get(name, ""))))
        for name in ("NORTH_STAR_ALERT_FROM", "NORTH_STAR_ALERT_TO")
    )
    if len(sender) != 1 or not recipients or not all("@" in each for each in sender + recipients):
        raise SettingsError(
            "NORTH_STAR_ALERT_SMTP is set, so NORTH_STAR_ALERT_FROM has to be one e-mail address, "
            "and NORTH_STAR_ALERT_TO one or several, with commas between."
        )
    is_tls = parts.scheme == "smtps"
    return Mail(
        host=host,
        port=port or (465 if is_tls else 587),
        security="tls" if is_tls else "none" if is_here else "starttls",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        sender=sender[0],
        recipients=recipients,
    )


def dagster_url() -> str | None:
    """Where people open Dagster's page, without a slash at its end; links lead there.

    Raises:
        SettingsError: ``NORTH_STAR_DAGSTER_URL`` begins with neither http:// nor https://.
    """
    named = os.environ.get("NORTH_STAR_DAGSTER_URL") or None
    if named and not named.startswith(("http://", "https://")):
        raise SettingsError(
            f"NORTH_STAR_DAGSTER_URL={named} is no address of a page: it should begin with "
            "https:// or http://."
        )
    return named and named.rstrip("/")


def environment_name() -> str | None:
    """Which of the environments in automation.yml this is; None for none of them."""
    return os.environ.get("NORTH_STAR_ENVIRONMENT") or None


def check_settings() -> None:
    """Tell what is wrong with the environment before anything is done, and not when all is done.

    Raises:
        SettingsError: the first setting that is wrong.
    """
    for read in (digest_webhook, alert_webhook, alert_mail, dagster_url, memory_limit):
        read()


def memory_limit() -> str:
    """How much memory DuckDB may take, as it writes sizes; profiles.yml has the same default.

    Raises:
        SettingsError: ``NORTH_STAR_MEMORY_LIMIT`` is no size.
    """
    named = os.environ.get("NORTH_STAR_MEMORY_LIMIT", _MEMORY_LIMIT)
    if not _SIZE.fullmatch(named):
        raise SettingsError(
            f"NORTH_STAR_MEMORY_LIMIT={named} is no size of memory: write a number and MB or GB, "
            f"such as {_MEMORY_LIMIT}."
        )
    return named


def _webhook(variable: str, what: str) -> str | None:
    named = os.environ.get(variable) or None
    if named and not _may_be_sent_to(named):
        raise SettingsError(
            f"{variable} is no address that {what} can be sent to: it should be the webhook's, "
            "which begins with https:// (or http:// on this machine). It is a secret and not "
            "repeated here."
        )
    return named


def _may_be_sent_to(address: str) -> bool:
    if not address.isascii() or not address.isprintable() or " " in address:
        return False
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or _is_on_this_machine(parts))


def _is_on_this_machine(parts: SplitResult) -> bool:
    if parts.scheme != "http":
        return False
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return parts.hostname == "localhost"
