"""The answer of those who plan an edit and find that it cannot be made."""

from __future__ import annotations


class Refused(Exception):  # not an error: an answer, with its reason as the message
    """No edit can be made."""
