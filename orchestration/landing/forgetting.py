"""People who asked to be forgotten: what names them, as keyed hashes, and nothing else of them.

A name is a text of a kind: a developer's id, an e-mail address, a login. Where several systems
number their people alike, the system belongs to the kind: ``contact of hubspot_emea``. Names are
compared in lower case and trimmed. ``names`` finds them in rows, this list remembers them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from orchestration.landing.contract import EMAIL
from orchestration.landing.errors import LandingError
from orchestration.landing.secrets import TokenKey, hash_expression, literal

# What a name is replaced by begins with this; 64 bits of a keyed hash follow.
PSEUDONYM = "forgotten-"
PSEUDONYM_LENGTH = len(PSEUDONYM) + 16
PSEUDONYM_PATTERN = rf"{PSEUDONYM}[0-9a-f]{{16}}"
# Hashed together with a name, so that its pseudonym is not its hash in the list.
_PURPOSE = "pseudonym of "

# What a text is cut into when it is searched for names that are known by their hashes only.
_WORD = r"[^\s\"'<>,;:=(){}\[\]\\/|&?]+"


class ForgottenPeople:
    """The list ``forgotten.json`` in the data folder.

    Attributes:
        names: keyed hashes of ``<kind> <name>``.
        anywhere: keyed hashes of names of an unknown kind: they count in every column, and lead to
            all else that a row says of the person.
        words: keyed hashes of the word by which each name is found in the text of a reject.
        is_finished: whether raw/ holds none of them any more.
    """

    def __init__(self, root: Path, key: TokenKey) -> None:
        self._file = root / "forgotten.json"
        self._key = key
        self.names: set[str] = set()
        self.anywhere: set[str] = set()
        self.words: set[str] = set()
        self.is_finished = True
        try:
            stored = json.loads(self._file.read_text(encoding="utf-8"))
            if stored["token_key_fingerprint"] != key.fingerprint:
                raise LandingError(
                    f"{self._file} was written with another token key, so nobody in it would be "
                    "recognised; set the former key again, or follow 'Rotating the token key' in "
                    "docs/landing.md."
                )
            # Earlier versions knew no kinds.
            self.anywhere = set(stored["people"])
            self.names = set(stored.get("names", ()))
            self.words = set(stored.get("words", ()))
            self.is_finished = bool(stored.get("is_finished", True))
        except FileNotFoundError:
            pass
        except (ValueError, KeyError, TypeError) as error:
            raise LandingError(f"{self._file} cannot be read: {error!r}.") from error

    def __bool__(self) -> bool:
        """Whether anybody is in the list."""
        return bool(self.names or self.anywhere)

    @property
    def parameters(self) -> dict[str, bytes]:
        """Values to bind to the SQL that functions of this module make."""
        return self._key.parameters

    def knows(self, kind: str, name: str) -> bool:
        """Whether a name, in lower case and trimmed, is in the list."""
        return self._key.hash(f"{kind} {name}") in self.names or self.is_known_anywhere(name)

    def is_known_anywhere(self, name: str) -> bool:
        """Whether a name is in the list without a kind."""
        return self._key.hash(name) in self.anywhere

    def add_anywhere(self, names: Iterable[str]) -> None:
        """Adds names of an unknown kind, in lower case and trimmed; ``save`` keeps them."""
        self.anywhere |= {self._key.hash(name) for name in names}

    def save(self, *, is_finished: bool) -> None:
        """Keeps the list: it is replaced in one step and readable by its owner only."""
        self.is_finished = is_finished
        content = {
            "token_key_fingerprint": self._key.fingerprint,
            "is_finished": is_finished,
            "people": sorted(self.anywhere),
            "names": sorted(self.names),
            "words": sorted(self.words),
        }
        incoming = self._file.with_name(f".{self._file.name}.incoming")
        incoming.touch(mode=0o600)
        with incoming.open("w", encoding="utf-8") as opened:
            json.dump(content, opened, indent=1)
            opened.flush()
            os.fsync(opened.fileno())
        incoming.replace(self._file)

    def names_them(self, text: str) -> str:
        """SQL that holds for a text, no column of names, in which one of them occurs as a word."""
        listed = ", ".join(literal(hashed) for hashed in sorted(self.words | self.anywhere))
        return (
            f"coalesce(list_has_any(list_transform({_words(text)}, "
            f"lambda word: {hash_expression('word')}), [{listed}]::varchar[]), false)"
        )


def hash_of_name(kind: str, name: str) -> str:
    """SQL of the hash by which the list knows a name; bind ``ForgottenPeople.parameters``."""
    return hash_expression(f"{kind} || ' ' || {name}")


def hash_of_word(name: str) -> str:
    """SQL of the hash of a name's longest word: what its occurrence in a text is told by."""
    longest = (
        f"list_reverse_sort(list_transform({_words(name)}, "
        "lambda word: {'letters': length(word), 'word': word}))[1].word"
    )
    return hash_expression(f"coalesce({longest}, {name})")


def pseudonym_expression(kind: str, name: str) -> str:
    """SQL of what a name is replaced by: always the same for a name and a token key.

    An e-mail address keeps its domain, which is the employer's: it tells the company.
    """
    hashed = hash_expression(f"{literal(_PURPOSE)} || {kind} || ' ' || {name}")
    domain = f"split_part({name}, '@', 2)"
    return (
        f"{literal(PSEUDONYM)} || left({hashed}, 16) || case "
        f"when {kind} = '{EMAIL}' and regexp_full_match({domain}, '[\\pL\\pN._-]+') "
        f"then '@' || {domain} else '' end"
    )


def _words(text: str) -> str:
    found = f"regexp_extract_all(lower({text}), {literal(_WORD)})"
    return f"list_transform({found}, lambda found: rtrim(found, '.'))"
