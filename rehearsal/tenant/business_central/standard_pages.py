"""The standard API v2.0, as far as a caller without business of its own asks it."""

from __future__ import annotations

from collections.abc import Iterable

from rehearsal.tenant.business_central.environment import Company
from rehearsal.tenant.business_central.page import Field, Page

ROUTE = "v2.0"


class CompanyInformation(Page):
    """`companyInformation` (page 30011): the one row of table 79 in the company of the address."""

    entity_name = "companyInformation"
    entity_set_name = "companyInformation"
    key = "Id"
    identity = "id"
    table = "Company Information"
    fields = (Field("id", "Guid"), Field("displayName", source="name"))

    def rows(self) -> Iterable[Company]:
        """List the row."""
        self.session.require("Company Information", "Read")
        return [each for each in self.environment.companies if each.name == self.session.company]
