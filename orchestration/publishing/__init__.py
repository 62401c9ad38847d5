"""Write, audit, publish: a whole audited set of marts, never a part of one."""

from orchestration.publishing.audit import Build, audit_build
from orchestration.publishing.basis import nothing_new, read_basis
from orchestration.publishing.builds import discard_build, failed_nodes, keep_build
from orchestration.publishing.copying import DATABASE
from orchestration.publishing.current import (
    Publication,
    current_publication,
    kept_publications,
    what_stays,
)
from orchestration.publishing.erasure import rename_people
from orchestration.publishing.errors import PublishError, SwitchError
from orchestration.publishing.log import complete_log
from orchestration.publishing.publish import publish
from orchestration.publishing.seal import damage
from orchestration.publishing.versions import mend, roll_back

__all__ = [
    "DATABASE",
    "Build",
    "Publication",
    "PublishError",
    "SwitchError",
    "audit_build",
    "complete_log",
    "current_publication",
    "damage",
    "discard_build",
    "failed_nodes",
    "keep_build",
    "kept_publications",
    "mend",
    "nothing_new",
    "publish",
    "read_basis",
    "rename_people",
    "roll_back",
    "what_stays",
]
