"""Texts that came with the data, made harmless in Markdown and in the chats that show it."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 60  # characters
# Control characters, invisible ones that turn the direction of writing, and ends of lines.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_WORD_JOINER = "\u2060"


def harmless(text: str, longest: int = _LONGEST) -> str:
    """A name as it is, for the eye; for whatever renders it, neither markup nor link nor mention.

    Names of companies come from a CRM, but those of campaigns, and the paths of failed requests,
    from whoever likes to write them into an address.

    Args:
        text: of any length, in one line or more.
        longest: characters that are kept of it.
    """
    seen = "".join(" " if unicodedata.category(sign) in _UNSEEN else sign for sign in text)
    line = " ".join(seen.split())
    if len(line) > longest:
        line = f"{line[: longest - 1].rstrip()}…"
    line = re.sub(r"&(?=#?\w+;)", "&amp;", line)
    line = line.replace("<", "&lt;").replace(">", "&gt;")
    line = re.sub(r"[\\`*~|\[\]]", r"\\\g<0>", line)
    # An underscore within a word is no emphasis, and names of tables shall stay readable.
    line = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", line)
    # What has no escape that every chat knows is kept apart by a sign without width.
    return re.sub(r"@|:(?=//)|\bwww(?=\.)", rf"\g<0>{_WORD_JOINER}", line, flags=re.I)
