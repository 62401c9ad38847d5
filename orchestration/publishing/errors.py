"""What goes wrong when marts are published."""


class PublishError(Exception):
    """A set of marts is not published; the message is one sentence that says why."""


class SwitchError(PublishError):
    """Readers may see one set in some views and another in the rest; the message says so."""
