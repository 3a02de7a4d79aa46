"""Business Central in the rehearsal tenant: environments, the Automation API and the companion extension's pages."""

from rehearsal.tenant.business_central.service import BusinessCentral

__all__ = ["BusinessCentral"]
