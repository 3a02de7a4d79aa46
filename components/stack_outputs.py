"""The outputs of the stack: what the team of an outside system needs to call Business Central."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

from clients.business_central.api_address import api_address
from clients.entra.sign_in import BUSINESS_CENTRAL_SCOPE
from components.cloud import KnownCloud
from components.credentials import Secret
from components.federated_credentials import Federated
from components.proof import declared_proof
from components.vault_certificates import SigningCertificate
from dynamic_providers.access_proof import PEOPLE_SIGN_IN, DeclaredProof
from dynamic_providers.vault_delivery import VaultDelivery
from settings.certificates import PublicCertificate
from settings.federated_credentials import Trust
from settings.models import Integration, Settings


def stack_outputs(
    integration: Integration,
    settings: Settings,
    *,
    tenant_id: str,
    client_id: pulumi.Input[str],
    secrets: Sequence[Secret],
    federated: Sequence[Federated],
    certificates: Sequence[PublicCertificate],
    signing: Sequence[SigningCertificate],
    cloud: KnownCloud,
    delivered: VaultDelivery | None = None,
) -> dict[str, Any]:
    """Return the values of one integration; the newest secret is among them, encrypted by Pulumi, or where it lies.

    Returns:
        tenantId, clientId, tokenEndpoint, scope, roles, environments and access; with secrets of ours also clientSecret
        (not with custody) and clientSecretExpires; where it lies in a vault, as a copy or alone, also clientSecretIn,
        which names keyVault, secretName and version; with federated credentials federatedCredentials, by name what a
        token has to say; with certificates certificates, by thumbprint when each ends; with one in a vault
        certificateIn, which names keyVault, certificateName, version, thumbprint (SHA-1), sha256 and expires of the
        newest; where people sign in also delegatedScopes, and notProvable where there is no environment to say it in.
        `access` has, by environment, apiUrl, and what differs there: baseUrl, scope and companies, and notProvable
        where the access cannot be tried out with these values. tokenEndpoint and apiUrl are left out where only a
        metadata host knows the cloud's addresses.
    """
    values: dict[str, Any] = {
        "tenantId": tenant_id,
        "clientId": client_id,
        **({"tokenEndpoint": endpoint} if (endpoint := cloud.token_endpoint(tenant_id)) else {}),
        "scope": BUSINESS_CENTRAL_SCOPE,
        "roles": list(integration.roles),
        "environments": [settings.environments[key].name for key in integration.environments],
        "access": {
            settings.environments[key].name: _environment_access(
                declared_proof(integration, key, settings, secrets, signing), tenant_id, cloud
            )
            for key in integration.environments
        },
    }
    if integration.people_sign_in:
        values["delegatedScopes"] = list(integration.delegated_scopes)
        if not integration.environments:
            values["notProvable"] = PEOPLE_SIGN_IN
    if secrets:
        newest = secrets[-1]
        if newest.password:
            values["clientSecret"] = pulumi.Output.secret(newest.password.value)
        values["clientSecretExpires"] = newest.ends
        at = newest.vault_version
        if delivered and newest.copy:
            place = newest.copy.place
            at = {"key_vault": place.key_vault, "secret_name": place.secret_name, "version": delivered.version}
        if at:
            lies = {"keyVault": at["key_vault"], "secretName": at["secret_name"], "version": at["version"]}
            values["clientSecretIn"] = lies
    if federated:
        values["federatedCredentials"] = {each.name: _expected(each.trust) for each in federated}
    if certificates:
        values["certificates"] = {each.thumbprint: {"expires": each.ends} for each in certificates}
    if signing:
        values["certificateIn"] = signing[-1].outputs
    return values


def _expected(trust: Trust) -> dict[str, str]:
    """Return what a token has to say, and who gets such a one."""
    said = {
        "issuer": trust.issuer,
        "subject": trust.subject,
        "claimsMatchingExpression": trust.expression,
        "audience": trust.audience,
        "platform": trust.platform,
        "sentBy": trust.sent_by,
    }
    return {key: value for key, value in said.items() if value}


def _environment_access(proof: DeclaredProof, tenant_id: str, cloud: KnownCloud) -> dict[str, Any]:
    said = {
        "apiUrl": api_address(proof.roles, cloud.business_central, tenant_id, proof.environment, proof.base_url),
        "baseUrl": proof.base_url,
        "scope": proof.scope,
        "companies": list(proof.companies),
        "notProvable": proof.not_provable,
    }
    return {key: value for key, value in said.items() if value}
