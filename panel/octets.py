"""Octets in JSON."""

import base64

__all__ = ["octets"]


def octets(data: bytes) -> str:
    """As base64."""
    return base64.b64encode(data).decode()
