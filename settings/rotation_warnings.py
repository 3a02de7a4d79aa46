"""What a preview says of the dates of secrets and certificates: by the stack file alone, so the same on any day."""

from __future__ import annotations

from collections.abc import Iterator

from settings.models import Settings
from settings.secret_labels import issued_path
from settings.vault_certificates import issued_path as certificate_labels_path


def rotation_warnings(settings: Settings) -> Iterator[str]:
    """Yield what is wrong with these dates, though `up` can do it: a sentence or two each."""
    for integration in settings.integrations:
        if in_vault := integration.credentials.vault_certificate:
            for label, successor in in_vault.too_late:
                yield (
                    f"{certificate_labels_path(integration.key)}: '{successor}' leaves less than the "
                    f"{in_vault.overlap} days of overlapDays to take it, since '{label}' ends {in_vault.end(label)}. "
                    f"Whoever uses '{label}' has to be told."
                )
        secrets = integration.credentials.secrets
        if secrets is None:
            continue
        where = issued_path(integration.key)
        for label, successor in secrets.too_late:
            yield (
                f"{where}: '{successor}' leaves less than the {secrets.overlap} days of overlapDays to take it, since "
                f"'{label}' ends {secrets.end_date(label)[:10]}. Whoever uses '{label}' has to be told."
            )
        if secrets.most_at_once > secrets.maximum_live:
            yield (
                f"{where}: by these dates {secrets.most_at_once} secrets work at a time, and maximumLive is "
                f"{secrets.maximum_live}: remove one that nobody uses, or raise it."
            )
