"""Alerts: one message for each thing that is wrong, to a chat and by mail."""

from orchestration.alerts.book import Told, tell
from orchestration.alerts.channels import Channel, channels
from orchestration.alerts.finding import find_incidents
from orchestration.alerts.incident import Incident

__all__ = ["Channel", "Incident", "Told", "channels", "find_incidents", "tell"]
