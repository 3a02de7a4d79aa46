"""Federated tokens: an application signs in with a token of another issuer, which it trusts.

The keys of an issuer are what the control port was given (`POST /issuers`), as the tenant fetches nothing from outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import jwt

from rehearsal.tenant.directory.claims_expressions import holds
from rehearsal.tenant.directory.model import DirectoryObject
from rehearsal.tenant.replication import Replication
from rehearsal.tenant.sts.errors import refusal
from rehearsal.tenant.sts.validity import refuse_outside_validity, signed_claims, single_audience

IssuerKeys = Mapping[str, jwt.PyJWKSet]
_ALGORITHMS = ["RS256"]
"""https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations : others "may work"."""


def check_federated_token(
    application: DirectoryObject,
    token: str,
    claims: Mapping[str, Any],
    now: datetime,
    *,
    keys: IssuerKeys,
    replication: Replication,
) -> None:
    """Verify a token of another issuer against what an application trusts.

    Which of several reasons Entra names is not known; this order is ours: trust, time, signature.

    Args:
        application: the application.
        token: the token.
        claims: what it says, not verified yet.
        now: the tenant's time.
        keys: issuer -> its keys.
        replication: hides what is too new to be known here.
    """
    known = [each for each in application.federated_credentials.values() if replication.is_replicated(each["id"])]
    if not known:
        if application.federated_credentials:
            issuer, subject, audience = (str(claims.get(name, "")) for name in ("iss", "sub", "aud"))
            raise refusal("federated_too_new", issuer, subject, audience)
        raise refusal("federated_none", application.app_id)
    issuer, subject = str(claims.get("iss", "")), str(claims.get("sub", ""))
    of_issuer = [each for each in known if each["issuer"] == issuer]
    if not of_issuer:
        raise refusal("federated_issuer_not_matched", issuer)
    matching = [each for each in of_issuer if _fits(each, subject, claims)]
    if not matching:
        if any((each["subject"] or "").casefold() == subject.casefold() for each in of_issuer):
            raise refusal("federated_subject_case", subject)
        raise refusal("federated_subject_not_matched", subject)
    audience = single_audience(claims)
    if not any(audience in each["audiences"] for each in matching):
        raise refusal("federated_audience_not_matched", audience)
    refuse_outside_validity(claims, now)
    _verify(token, issuer, keys)


def _fits(credential: Mapping[str, Any], subject: str, claims: Mapping[str, Any]) -> bool:
    expression = credential["claimsMatchingExpression"]
    return holds(expression["value"], claims) if expression else bool(credential["subject"] == subject)


def _verify(token: str, issuer: str, keys: IssuerKeys) -> None:
    if issuer not in keys:
        raise refusal("federated_issuer_out_of_reach")
    key_id = jwt.get_unverified_header(token).get("kid", "")
    key = next((each for each in keys[issuer].keys if each.key_id == key_id), None)
    if key is None:
        raise refusal("federated_key_not_found", key_id, issuer)
    try:
        signed_claims(token, key, _ALGORITHMS)
    except (jwt.InvalidTokenError, TypeError):
        raise refusal("federated_signature_wrong") from None
