"""Times as Microsoft Graph, the azuread plugin and Pulumi's state write them."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(written: str) -> datetime:
    """Read a time, with its zone; UTC where it names none.

    Args:
        written: RFC 3339. Graph writes seven digits of a second now and then, of which six are read.

    Raises:
        ValueError: it is no time.
    """
    found = datetime.fromisoformat(written)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def when_it_ends(ends: str) -> str:
    """Return what to say of a credential: "ends 2027-03-30T00:00:00Z", or "never ends".

    Args:
        ends: as Graph writes it; "" where it names no end.
    """
    return f"ends {ends}" if ends else "never ends"
