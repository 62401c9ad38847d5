"""Where alerts go: a chat's webhook, a mail server."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from typing import Protocol

from orchestration.alerts.incident import Incident
from orchestration.settings import Mail, alert_mail, alert_webhook
from orchestration.webhook import send

_TIMEOUT_SECONDS = 15.0


class Channel(Protocol):
    """Something that takes a message."""

    name: str

    def send(self, incident: Incident) -> str | None:
        """Send it, once; returns what went wrong in words that follow the channel's name."""


@dataclass(frozen=True)
class Chat:
    """A webhook that takes ``{"text": ...}``, as those of Slack, Mattermost and Google Chat do.

    Attributes:
        url: a secret.
    """

    url: str
    name: str = "the webhook"

    def send(self, incident: Incident) -> str | None:
        """Send it; the next look at what is wrong is the next attempt."""
        return send(self.url, incident.text, pauses=())


@dataclass(frozen=True)
class Mailbox:
    """A mail server, by SMTP (RFC 5321).

    Attributes:
        mail: how to reach it.
    """

    mail: Mail
    name: str = "the mail server"

    def send(self, incident: Incident) -> str | None:
        """Send it. Its Message-ID is the incident's, so that a second copy can be told."""
        message = EmailMessage()
        message["Subject"] = incident.subject
        message["From"] = self.mail.sender
        message["To"] = ", ".join(self.mail.recipients)
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{incident.name}@north-star.{self.mail.sender.partition('@')[2]}>"
        message.set_content(incident.text)
        try:
            refused = self._deliver(message)
        # Their words may name the user, or repeat what was sent.
        except smtplib.SMTPAuthenticationError:
            return "refused the user or the password"
        except smtplib.SMTPNotSupportedError:
            return "offers no STARTTLS, and nothing is sent without"
        except smtplib.SMTPResponseException as error:
            return f"answered {error.smtp_code}"
        except smtplib.SMTPRecipientsRefused:
            return "refused every recipient"
        except ssl.SSLError:
            return "has no valid TLS or certificate"
        except TimeoutError:
            return "did not answer in time"
        except (smtplib.SMTPException, OSError):
            return "could not be reached"
        # To try again would tell those twice who have it.
        return None if len(refused) < len(self.mail.recipients) else "refused every recipient"

    def _deliver(self, message: EmailMessage) -> dict[str, tuple[int, bytes]]:
        context, mail = ssl.create_default_context(), self.mail
        address = (mail.host, mail.port)
        server = (
            smtplib.SMTP_SSL(*address, timeout=_TIMEOUT_SECONDS, context=context)
            if mail.security == "tls"
            else smtplib.SMTP(*address, timeout=_TIMEOUT_SECONDS)
        )
        with server:
            if mail.security == "starttls":
                server.starttls(context=context)
            if mail.user:
                server.login(mail.user, mail.password or "")
            return server.send_message(message)


def channels() -> list[Channel]:
    """Those that the environment names: ``NORTH_STAR_ALERT_WEBHOOK``, ``NORTH_STAR_ALERT_SMTP``.

    Raises:
        SettingsError: one of them is no address.
    """
    webhook, mail = alert_webhook(), alert_mail()
    return [*([Chat(webhook)] if webhook else []), *([Mailbox(mail)] if mail else [])]
