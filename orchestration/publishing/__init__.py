"""Write, audit, publish: a whole audited set of marts, never a part of one."""

from orchestration.publishing.audit import Build, PublishError, audit_build
from orchestration.publishing.builds import discard_build, failed_nodes, keep_build
from orchestration.publishing.current import Publication, current_publication, what_stays
from orchestration.publishing.publish import publish
from orchestration.publishing.spark import SwitchError

__all__ = [
    "Build",
    "Publication",
    "PublishError",
    "SwitchError",
    "audit_build",
    "current_publication",
    "discard_build",
    "failed_nodes",
    "keep_build",
    "publish",
    "what_stays",
]
