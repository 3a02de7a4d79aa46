"""Vendors' multitenant applications, which live in tenants of their own until this one lets them in.

The client ids are NaviPartner's (contracts/business-central.md, section 8). What their applications ask for, the ids of
their publisher and of their tenant, and the vendor without a verified publisher are ours.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from rehearsal.tenant.directory.first_party import BUSINESS_CENTRAL, MICROSOFT_SERVICES, catalogue
from rehearsal.tenant.directory.shapes import APPLICATION_DEFAULTS, UNVERIFIED_PUBLISHER

NAVIPARTNER_TENANT = "5b0d2c1e-7f04-4b0a-9a51-4d1d8f0c9e11"
NAVIPARTNER = {
    "displayName": "Navi Partner København ApS",
    "verifiedPublisherId": "6158310",
    "addedDateTime": "2023-03-01T00:00:00Z",
}
_OTHER_TENANT = "c0ffee00-1d1d-4b0b-8a8a-2f2f3e3e4d4d"

_ASKED_FOR = (
    "a42b0b75-311e-488d-b67e-8fe84f924341",  # API.ReadWrite.All
    "d365bc00-a990-0000-00bc-160000000001",  # Automation.ReadWrite.All
)
_APPLICATIONS: dict[str, tuple[str, str, Mapping[str, Any]]] = {
    "bdf6bb95-9dad-4504-91ab-8404427f4043": ("NaviPartner Job Queue Runner", NAVIPARTNER_TENANT, NAVIPARTNER),
    "eb29ef3d-edea-44b1-b5f7-4bd4eb360c29": ("NaviPartner Adyen Webhook", NAVIPARTNER_TENANT, NAVIPARTNER),
    "cc658235-645e-4fd3-a254-2f777077579a": ("NaviPartner Shopify Webhooks", NAVIPARTNER_TENANT, NAVIPARTNER),
    "0badc0de-0000-4000-8000-000000000001": ("Nobody's Webhooks", _OTHER_TENANT, UNVERIFIED_PUBLISHER),
}


def application_of_elsewhere(origin: str, app_id: str) -> tuple[Mapping[str, Any], str] | None:
    """Return an application of another tenant, Microsoft's included, and the id of that tenant; None if there is none.

    Args:
        origin: the rehearsal tenant's address.
        app_id: the application's client id, in lower case.
    """
    if first_party := catalogue(origin).get(app_id):
        return first_party, MICROSOFT_SERVICES
    if app_id not in _APPLICATIONS:
        return None
    display_name, tenant, publisher = _APPLICATIONS[app_id]
    application = {
        **copy.deepcopy(dict(APPLICATION_DEFAULTS)),
        "appId": app_id,
        "displayName": display_name,
        "signInAudience": "AzureADMultipleOrgs",
        "verifiedPublisher": dict(publisher),
        "requiredResourceAccess": [
            {
                "resourceAppId": BUSINESS_CENTRAL,
                "resourceAccess": [{"id": role, "type": "Role"} for role in _ASKED_FOR],
            }
        ],
    }
    return application, tenant
