"""The seal of a publication: the checksum of each of its files, so that damage can be told."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

SEAL = "seal.json"


def seal(folder: Path) -> None:
    """Note the checksum of every file in ``folder``, sync it, and take the right to write away.

    A BI tool that forgets to open the database read-only would lock all others out of it.
    """
    (folder / SEAL).write_text(json.dumps(_checksums(folder), indent=1))
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            path = Path(place, name)
            with path.open("rb") as file:
                os.fsync(file.fileno())
            path.chmod(0o444)
        sync_folder(Path(place))


def damage(folder: Path) -> str | None:
    """What is wrong with a publication, in words that follow its name; None if it is whole.

    Reads all of it.
    """
    try:
        sealed = json.loads((folder / SEAL).read_bytes())
    except FileNotFoundError:
        return "is not there" if not folder.is_dir() else f"has no {SEAL}"
    except (OSError, ValueError):
        return f"has a {SEAL} that cannot be read"
    for name, checksum in sealed.items():
        try:
            if _checksum(folder / name) != checksum:
                return f"has a damaged {name}"
        except FileNotFoundError:
            return f"lacks {name}"
        except OSError as error:
            return f"has a {name} that cannot be read ({error.strerror})"
    return None


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checksums(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SEAL)
    return {str(path.relative_to(folder)): _checksum(path) for path in files}


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
