"""Tags, and the features that Entra reads from some of them."""

from __future__ import annotations

from typing import Any

from rehearsal.azuread_plugin.schema import UNKNOWN, in_hash_order

_FEATURES = {  # the tag, in lower case -> what the plugin shows as `featureTags`, and as `features`
    "windowsazureactivedirectorycustomsinglesignonapplication": ("customSingleSignOn", "customSingleSignOnApp"),
    "windowsazureactivedirectoryintegratedapp": ("enterprise", "enterpriseApplication"),
    "windowsazureactivedirectorygalleryapplicationnonprimaryv1": ("gallery", "galleryApplication"),
    "hideapp": ("hide", "visibleToUsers"),
}


def to_send(planned: Any) -> list[str]:
    """Return the tags for a request; none where the program leaves them to the service."""
    return in_hash_order(planned) if planned and planned != UNKNOWN else []


def features(tags: list[str]) -> list[dict[str, bool]]:
    """Return what the plugin shows as `featureTags`."""
    present = {tag.lower() for tag in tags}
    return [{name: tag in present for tag, (name, _) in _FEATURES.items()}]


def former_features(tags: list[str]) -> list[dict[str, bool]]:
    """Return the same under the names of `features`, which a service principal still shows."""
    [now] = features(tags)
    return [{former: now[name] != (name == "hide") for name, former in _FEATURES.values()}]
