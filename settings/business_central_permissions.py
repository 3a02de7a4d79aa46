"""The permissions of Business Central, and the resources that a stack file may call by name: values, and their ids.

The only place that lists them: the types `Role` and `DelegatedScope` are made of the tables. Consent resolves
permissions by value in the tenant; the ids fill the list that an application requests, which has to be known before
anything is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

BUSINESS_CENTRAL_APP_ID = "996def3d-b36c-4153-8607-a6fd3c01b89f"

BUSINESS_CENTRAL_ROLES = {
    # The application roles of Business Central, value -> id. The first two stand in NaviPartner's code, the others in a
    # public permission dump only (docs/reference/facts-graph.md, "Business Central's service principal").
    "API.ReadWrite.All": "a42b0b75-311e-488d-b67e-8fe84f924341",
    "Automation.ReadWrite.All": "d365bc00-a990-0000-00bc-160000000001",
    "AdminCenter.ReadWrite.All": "a20fe46f-4f63-4666-8e0e-9b882d90b837",
    "app_access": "3983b928-ed40-4111-bbad-e7910cf234bd",
}

BUSINESS_CENTRAL_SCOPES = {  # its delegated permissions, value -> id, as a public permission dump has them
    "Financials.ReadWrite.All": "2fb13c28-9d89-417f-9af2-ec3065bc16e6",
    "user_impersonation": "bce0976a-cb0b-473b-8800-84eda9f8e447",
}

RESOURCES = {"Microsoft Graph": "00000003-0000-0000-c000-000000000000"}
"""Resources beside Business Central that a stack file may call by name: name -> client id."""


class _KeyOf:
    """Lets pydantic accept the keys of a table, as `Literal` does with the keys written out."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._keys = list(table)

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(self._keys)


Role = Annotated[str, _KeyOf(BUSINESS_CENTRAL_ROLES)]
DelegatedScope = Annotated[str, _KeyOf(BUSINESS_CENTRAL_SCOPES)]
