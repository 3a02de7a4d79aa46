"""Federated credentials, as the stack file says them: whose tokens an application trusts in place of a secret.

`settings.federated_subjects` has what each platform's tokens say; here is one entry of `credentials.federated`.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple, Self

from pydantic import StringConstraints, model_validator

from settings.federated_subjects import (
    ENTRA,
    AzureDevOps,
    Claims,
    GitHub,
    GitLab,
    Issuer,
    Kubernetes,
    ManagedIdentity,
    Subject,
    expression_problem,
    subject_problem,
)
from settings.strict_model import StrictModel
from settings.values import FederatedName, Name

AUDIENCES = ("api://AzureADTokenExchange", "api://AzureADTokenExchangeUSGov", "api://AzureADTokenExchangeChina")
"""What a token has to be for: in the public cloud, and in the clouds of the US government and of 21Vianet in China.

https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity"""

MAX_FEDERATED_CREDENTIALS = 20
"""How many an application may have: https://learn.microsoft.com/graph/api/application-post-federatedidentitycredentials"""

_KINDS = ("github", "azureDevOps", "gitlab", "kubernetes", "managedIdentity", "issuer")


class Trust(NamedTuple):
    """What Entra is told: everything but the audience, which follows from the cloud where the stack file has none.

    Attributes:
        issuer: the claim `iss` of the tokens.
        subject: their claim `sub`; "" where there is an expression.
        expression: what has to be true of their claims; "" where there is a subject.
        audience: their claim `aud`; "" for the cloud's own.
        platform: the key of the stack file that says whose tokens: `github`, ..., `issuer`.
        sent_by: who gets such a token, in words for the outside system's team.
    """

    issuer: str
    subject: str
    expression: str
    audience: str
    platform: str
    sent_by: str


class FederatedCredential(StrictModel):
    """One trust: tokens of one issuer, with one subject or an expression about their claims."""

    name: FederatedName
    """Its name in Entra and in the state, 3 to 120 letters, digits, `-` and `_`; final. Example: `github-production`"""
    description: Annotated[Name, StringConstraints(max_length=600)] | None = None
    """What it is for, up to 600 characters. Example: `The job deploy in acme/robots`"""
    github: GitHub | None = None
    """A workflow of GitHub Actions."""
    azure_dev_ops: AzureDevOps | None = None
    """A service connection of Azure DevOps."""
    gitlab: GitLab | None = None
    """A pipeline of GitLab."""
    kubernetes: Kubernetes | None = None
    """A service account of a Kubernetes cluster."""
    managed_identity: ManagedIdentity | None = None
    """A managed identity of this tenant."""
    issuer: Issuer | None = None
    """Any other issuer, as its tokens have it in `iss`. Example: `https://issuer.example`"""
    subject: Subject | None = None
    """Whom the tokens are about, as they have it in `sub`. Example: `system:robots`"""
    claims_matching_expression: Annotated[Name, StringConstraints(max_length=600)] | None = None
    """A flexible subject, with `eq`, `matches` and `and`, in place of `subject`. Example:
    `claims['sub'] matches 'robots-*'`"""
    audience: Annotated[Name, StringConstraints(max_length=600)] | None = None
    """What the tokens are for, as they have it in `aud`; that of the cloud where it is left out. Example: `api://AzureADTokenExchange`"""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        said = [kind for kind, each in zip(_KINDS, self._kinds(), strict=True) if each is not None]
        if len(said) != 1:
            raise ValueError(f"must have exactly one of {', '.join(_KINDS)}")
        by_hand = (self.subject is not None) + (self.claims_matching_expression is not None)
        if by_hand != (1 if self.issuer else 0):
            raise ValueError(
                "must have subject or claimsMatchingExpression with issuer, one of the two, and neither without it"
            )
        return self

    @model_validator(mode="after")
    def _as_its_issuer_writes(self) -> Self:
        trust = self.trust()
        problem = (
            expression_problem(trust.issuer, trust.expression)
            if trust.expression
            else subject_problem(trust.issuer, trust.subject)
        )
        if problem:
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _expected_audience(self) -> Self:
        given = self.audience
        if given is None or given in AUDIENCES:
            return self
        nearly = {each.lower().removeprefix("api://"): each for each in AUDIENCES}
        meant = nearly.get(given.lower().removeprefix("api://").rstrip("/"))
        if meant or self.issuer is None:
            raise ValueError(
                f"has an audience that Entra expects in no token: leave it out, or write {meant or AUDIENCES[0]}"
            )
        return self  # an issuer of one's own may write another one

    def trust(self, entra: str = f"{ENTRA}/{{this tenant}}") -> Trust:
        """Return what Entra is told.

        Args:
            entra: address of this tenant at the cloud's token service, which issues a managed identity's tokens; no
                slash at its end.
        """
        claims, sent_by = self._claims(entra)
        platform = next(kind for kind, each in zip(_KINDS, self._kinds(), strict=True) if each is not None)
        return Trust(claims.issuer, claims.subject, claims.expression, self.audience or "", platform, sent_by)

    def _kinds(self) -> tuple[object, ...]:
        return (self.github, self.azure_dev_ops, self.gitlab, self.kubernetes, self.managed_identity, self.issuer)

    def _claims(self, entra: str) -> tuple[Claims, str]:
        if self.github:
            return self.github.claims(), _github(self.github)
        if self.gitlab:
            kind, ref = ("branch", self.gitlab.branch) if self.gitlab.branch else ("tag", self.gitlab.tag)
            return self.gitlab.claims(), f"GitLab CI/CD jobs of {self.gitlab.project} on {kind} {ref}"
        if self.azure_dev_ops:
            name = self.azure_dev_ops.service_connection or "with this subject"
            return self.azure_dev_ops.claims(), f"Azure Pipelines through the service connection {name}"
        if self.kubernetes:
            account = f"{self.kubernetes.namespace}/{self.kubernetes.service_account}"
            return self.kubernetes.claims(), f"pods with the service account {account}"
        if self.managed_identity:
            principal = self.managed_identity.principal_id
            return Claims(f"{entra}/v2.0", principal), f"the managed identity {principal}"
        claims = Claims(self.issuer or "", self.subject or "", self.claims_matching_expression or "")
        return claims, f"whoever {self.issuer} gives such a token"


def _github(github: GitHub) -> str:
    if github.environment is not None:
        which = f"that name the environment {github.environment}"
    elif github.pull_request:
        which = "for pull requests, without an environment"
    else:
        which = f"on {f'branch {github.branch}' if github.branch else f'tag {github.tag}'}, without an environment"
    return f"GitHub Actions jobs of {github.repository} {which}"
