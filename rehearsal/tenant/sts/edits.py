"""What a person does with a code that a program shows, for tests and the demo."""

from __future__ import annotations

from typing import Any

from rehearsal.tenant.edit import Changed, Edit, operations
from rehearsal.tenant.sts.service import TokenService


def edit(token_service: TokenService, operation: dict[str, Any]) -> Changed:
    """Do one operation and return what it changed; `Edit.do` says what it raises."""
    return _Edit(token_service, operation).do()


class _Edit(Edit):
    """One edit under way at the token service."""

    def __init__(self, token_service: TokenService, arguments: dict[str, Any]) -> None:
        super().__init__(arguments)
        self._token_service = token_service

    def enter_user_code(self) -> Changed:
        """Enter a device code in the browser, and sign in as that person."""
        self._token_service.enter_user_code(self._text("userCode"), self._text("userPrincipalName"))
        return {}


OPERATIONS = operations(_Edit)
