"""Write, audit, publish: a whole audited set of marts appears at once, or not at all."""

from orchestration.publishing.audit import Build, PublishError, audit_build
from orchestration.publishing.builds import discard_build, failed_nodes, keep_build
from orchestration.publishing.current import Publication, current_publication, what_stays
from orchestration.publishing.publish import publish

__all__ = [
    "Build",
    "Publication",
    "PublishError",
    "audit_build",
    "current_publication",
    "discard_build",
    "failed_nodes",
    "keep_build",
    "publish",
    "what_stays",
]
