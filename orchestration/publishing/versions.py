"""The versions that are kept: which readers see, going back to one, and which are given up."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from orchestration.publishing.current import (
    INCOMING,
    Publication,
    current_publication,
    is_publication,
    kept_publications,
)
from orchestration.publishing.errors import PublishError
from orchestration.publishing.seal import damage, sync_folder
from orchestration.publishing.spark import switch_readers
from orchestration.settings import PROJECT, SPARK, DataFolder


def switch(data: DataFolder, folder: Path, project: Path = PROJECT) -> None:
    """Let readers see the publication in ``folder``.

    Raises:
        SwitchError: readers on Spark could be switched only in part.
    """
    if data.target == SPARK:
        kept = [each.folder.name for each in kept_publications(data)]
        switch_readers(data, folder.name, kept, project)
    point_link(data, folder)


def point_link(data: DataFolder, folder: Path) -> None:
    """Let the link ``published`` lead to ``folder``, in one step."""
    # A symbolic link cannot be changed in place; a new one can take the old one's name in one step.
    incoming = data.root / f".{data.published.name}-incoming"
    incoming.unlink(missing_ok=True)
    # Relative, so that the data folder can be moved or mounted elsewhere.
    incoming.symlink_to(folder.relative_to(data.root), target_is_directory=True)
    incoming.replace(data.published)
    sync_folder(data.root)


def roll_back(data: DataFolder, run_id: str | None = None, project: Path = PROJECT) -> Publication:
    """Let readers see an earlier version again, until a run has something new to publish.

    Args:
        data: the data folder, whose run lock the caller holds.
        run_id: of the version; None for the one before the current.
        project: folder of the dbt project.

    Returns:
        What is published now.

    Raises:
        PublishError: there is no such version, or it is damaged.
        SwitchError: readers on Spark could be switched only in part.
    """
    kept = kept_publications(data)
    current = current_publication(data)
    if run_id is None:
        earlier = kept[kept.index(current) + 1 :] if current in kept else kept
        if not earlier:
            raise PublishError("There is no earlier version to go back to.")
        found = earlier[0]
    else:
        matching = [each for each in kept if each.run_id.startswith(run_id)]
        if len(matching) != 1:
            known = ", ".join(each.run_id for each in kept) or "none"
            problem = "names several versions" if matching else "is not kept"
            raise PublishError(f"{run_id} {problem}; those that are kept: {known}.")
        (found,) = matching
    problem = damage(found.folder)
    if problem:
        raise PublishError(f"{found.run_id} cannot be read again: it {problem}.")
    switch(data, found.folder, project)
    _note_rollback(data, found)
    return found


def is_rolled_back(data: DataFolder) -> bool:
    """Whether somebody has chosen the version that readers see; the last run's may be newer.

    A version that was not switched to because its run was killed looks the same but for this.
    """
    try:
        chosen = json.loads(data.rolled_back.read_text())["run_id"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    current = current_publication(data)
    return current is not None and current.run_id == chosen


def _note_rollback(data: DataFolder, found: Publication) -> None:
    incoming = data.rolled_back.with_suffix(".incoming")
    incoming.write_text(json.dumps({"run_id": found.run_id}))
    incoming.replace(data.rolled_back)


def mend(data: DataFolder, project: Path = PROJECT) -> str | None:
    """Look whether what readers see is whole, and go back to the last version that is if not.

    Args:
        data: the data folder, whose run lock the caller holds.
        project: folder of the dbt project.

    Returns:
        One sentence on what was wrong and what readers see now; None if all is well.
    """
    if not data.published.is_symlink():
        return None
    folder = data.publications / data.published.readlink().name
    problem = damage(folder)
    if not problem:
        return None
    told = f"The published set publications/{folder.name} {problem}."
    for candidate in kept_publications(data):
        if candidate.folder.name != folder.name and not damage(candidate.folder):
            switch(data, candidate.folder, project)
            return f"{told} Readers see the set of {candidate.published_at:%Y-%m-%d %H:%M} UTC now."
    return f"{told} No other version is left: readers see nothing whole until a run publishes."


def prune(data: DataFolder, keep: int) -> None:
    """Give up all but the newest ``keep`` versions and what readers see.

    Folders that hold no version that can be read go as well; versions of another target stay.
    """
    seen = {link.resolve() for link in data.root.glob("published*")}
    for folder in data.publications.glob("[!.]*"):
        is_old = folder in {each.folder for each in kept_publications(data)[keep:]}
        if folder not in seen and (is_old or not is_publication(folder)):
            # Under a name that nobody takes for a version, should this be interrupted.
            leftover = folder.with_name(f"{INCOMING}{folder.name}")
            folder.rename(leftover)
            shutil.rmtree(leftover)
