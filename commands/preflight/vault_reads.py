"""What vaults have of the stack's secrets, asked once however many checks look at it."""

from __future__ import annotations

import threading
from functools import partial

from clients.http.shared_reads import SharedRead
from clients.session import Session
from reconcilers.delivery.observe import observe
from reconcilers.delivery.spec import Live
from settings.credentials import Custody, VaultPlace


class VaultReads:
    """The reads of one preflight.

    Args:
        session: the clients of the stack's tenant.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._reads: dict[tuple[str, str], SharedRead[Live]] = {}

    def look(self, place: Custody | VaultPlace) -> Live:
        """Return what a vault has of a secret: no value is read.

        Raises:
            UserFacingError: the vault cannot be read.
        """
        key = (place.key_vault.lower(), place.secret_name.lower())
        with self._lock:
            vault = self._session.vault(place.key_vault)
            read = self._reads.setdefault(key, SharedRead(partial(observe, vault, place.secret_name)))
        return read()
