"""The weekly digest: some lines on the latest final week, each with the query that proves it."""

from orchestration.report.asking import ask_duckdb
from orchestration.report.digest import DIGEST, read_digest, write_digest
from orchestration.report.questions import Question, Row
from orchestration.report.sending import Delivery, deliver

__all__ = [
    "DIGEST",
    "Delivery",
    "Question",
    "Row",
    "ask_duckdb",
    "deliver",
    "read_digest",
    "write_digest",
]
