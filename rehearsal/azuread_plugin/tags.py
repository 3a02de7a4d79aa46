"""Tags, and the features that Entra reads from some of them."""

from __future__ import annotations

from typing import Any

from rehearsal.azuread_plugin.schema import UNKNOWN, in_hash_order

_CUSTOM_SINGLE_SIGN_ON = "WindowsAzureActiveDirectoryCustomSingleSignOnApplication".lower()
_ENTERPRISE = "WindowsAzureActiveDirectoryIntegratedApp".lower()
_GALLERY = "WindowsAzureActiveDirectoryGalleryApplicationNonPrimaryV1".lower()
_HIDE = "HideApp".lower()


def to_send(planned: Any) -> list[str]:
    """Return the tags for a request; none where the program leaves them to the service."""
    return in_hash_order(planned) if planned and planned != UNKNOWN else []


def features(tags: list[str]) -> list[dict[str, bool]]:
    """Return what the plugin shows as `featureTags`."""
    present = {tag.lower() for tag in tags}
    return [
        {
            "customSingleSignOn": _CUSTOM_SINGLE_SIGN_ON in present,
            "enterprise": _ENTERPRISE in present,
            "gallery": _GALLERY in present,
            "hide": _HIDE in present,
        }
    ]


def former_features(tags: list[str]) -> list[dict[str, bool]]:
    """Return the same under the names of `features`, which a service principal still shows."""
    [now] = features(tags)
    return [
        {
            "customSingleSignOnApp": now["customSingleSignOn"],
            "enterpriseApplication": now["enterprise"],
            "galleryApplication": now["gallery"],
            "visibleToUsers": not now["hide"],
        }
    ]
