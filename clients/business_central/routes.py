"""The APIs of an environment that this program calls, by their routes."""

from __future__ import annotations

COMPANION_APP_ID = "a944837a-e3c7-4266-a7fc-97f21c0d0b95"
COMPANION_ROUTE = "entraBusinessCentral/registration/v1.0"
AUTOMATION_ROUTE = "microsoft/automation/v2.0"
