"""Secrets on their way into raw/: the key, the keyed hash, and the mask for rejected text."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from orchestration.landing.errors import LandingError

VARIABLE = "NORTH_STAR_TOKEN_KEY"
MINIMUM_CHARACTERS = 32
MAXIMUM_TEXT = 2_000
MASK = "***"

# Names that are secret in anybody's log, whether or not the contract takes them.
SECRET_WORDS = (
    "token", "email", "e-mail", "password", "secret", "api_key", "api-key", "apikey",
    "authorization", "bearer", "cookie", "client_ip",
)  # fmt: skip

_BLOCK = 64  # bytes of a SHA-256 block


@dataclass(frozen=True)
class TokenKey:
    """The key of the keyed hash (HMAC-SHA-256, RFC 2104)."""

    key: bytes

    def hash(self, token: str) -> str:
        """The first 128 bits of the HMAC of a token, as 32 lower-case hex digits."""
        return hmac.new(self.key, token.encode(), hashlib.sha256).hexdigest()[:32]

    @property
    def fingerprint(self) -> str:
        """Tells one key from another and gives neither away."""
        return self.hash("north star: fingerprint of the token key")

    @property
    def parameters(self) -> dict[str, bytes]:
        """Values to bind to ``$ipad`` and ``$opad`` of ``hash_expression``."""
        # RFC 2104: a key longer than a block is hashed first, a shorter one filled up with zeros.
        key = hashlib.sha256(self.key).digest() if len(self.key) > _BLOCK else self.key
        key = key.ljust(_BLOCK, b"\0")
        return {"ipad": bytes(b ^ 0x36 for b in key), "opad": bytes(b ^ 0x5C for b in key)}


def read_token_key(file: Path) -> tuple[TokenKey, str | None]:
    """The key from ``NORTH_STAR_TOKEN_KEY``, else the development key, which is made once.

    Args:
        file: where the development key lies, readable by its owner only.

    Returns:
        The key and, for a development key, a warning.

    Raises:
        LandingError: the key is shorter than 32 characters, or its file cannot be read.
    """
    if VARIABLE in os.environ:
        text = os.environ[VARIABLE]
        if len(text) < MINIMUM_CHARACTERS:
            raise LandingError(
                f"{VARIABLE} is {len(text)} characters long; it needs at least "
                f"{MINIMUM_CHARACTERS} characters, for instance from `openssl rand -hex 32`."
            )
        return TokenKey(text.encode()), None
    if not file.exists():
        try:
            _make_key(file)
        except OSError as error:
            raise LandingError(
                f"The development key {file} cannot be made: {error.strerror}."
            ) from error
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise LandingError(f"The development key {file} cannot be read: {error}.") from error
    if len(text) < MINIMUM_CHARACTERS:
        raise LandingError(
            f"The development key {file} is damaged (fewer than {MINIMUM_CHARACTERS} characters); "
            "put the key back, or delete it if nothing was ever landed with it."
        )
    return TokenKey(text.encode()), (
        f"{VARIABLE} is not set: tokens are hashed with the development key in {file}."
    )


def _make_key(file: Path) -> None:
    """Makes a development key, whole or not at all; one that is there already stays."""
    incoming = file.with_name(f".{file.name}.{os.getpid()}")
    incoming.unlink(missing_ok=True)
    descriptor = os.open(incoming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as opened:
            opened.write(secrets.token_hex(32))
            opened.flush()
            os.fsync(opened.fileno())
        with suppress(FileExistsError):
            os.link(incoming, file)
    finally:
        incoming.unlink(missing_ok=True)


def hash_expression(text: str) -> str:
    """SQL for the keyed hash of a SQL expression of type VARCHAR; NULL stays NULL.

    HMAC by RFC 2104 from DuckDB's sha256; bind ``TokenKey.parameters``.
    """
    return f"left(sha256($opad || unhex(sha256($ipad || encode({text})))), 32)"


def mask_expression(text: str, secret_names: Iterable[str]) -> str:
    """SQL that masks what could be a secret in an expression and cuts it to 2,000 characters.

    Masked are values beside a secret's name (JSON, key=value, a header), e-mail addresses, IPv4
    and IPv6 addresses, and each run of 16 or more of ``[A-Za-z0-9_+/=-]``.
    """
    names = "|".join(sorted({*SECRET_WORDS, *secret_names}, key=lambda name: (-len(name), name)))
    hextet = "[0-9a-fA-F]{1,4}"
    patterns = [
        # A truncated line may end inside the value, so a closing quote is not asked for. The value
        # is an object, a list, a quoted text or a bare word; "Bearer x" is two words.
        (
            rf"(?is)((?:{names})\\*[\"']?\s*[:=]\s*|\bbearer\s+)"
            r"(?:\{[^}]*\}?|\[[^\]]*\]?|\\*\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?"
            r"|(?:(?:bearer|basic)\s+)?[^\s,;}&\"']+)",
            rf"\1{MASK}",
        ),
        (r"[^\s\"'<>,;:=(){}\[\]@]+@[^\s\"'<>,;:=(){}\[\]@]+", MASK),
        (r"\b\d{1,3}(?:\.\d{1,3}){3}\b", MASK),
        (
            rf"(?:{hextet}:){{7}}{hextet}"
            rf"|(?:{hextet}(?::{hextet})*)?::(?:{hextet}(?::{hextet})*)?(?::?\*+)?",
            MASK,
        ),
        (r"[A-Za-z0-9_+/=-]{16,}", MASK),
    ]
    for pattern, replacement in patterns:
        text = f"regexp_replace({text}, {literal(pattern)}, {literal(replacement)}, 'g')"
    return f"left({text}, {MAXIMUM_TEXT})"


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
