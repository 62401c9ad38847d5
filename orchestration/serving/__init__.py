"""What is published, in a PostgreSQL for tools that speak nothing else."""

from orchestration.serving.errors import ServeError
from orchestration.serving.postgres import Served, serve

__all__ = ["ServeError", "Served", "serve"]
