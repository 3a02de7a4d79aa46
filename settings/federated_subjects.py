"""Issuers and subjects of the tokens that outside systems get from their own platform, as each platform writes them.

Entra compares issuer, subject and audience letter for letter, upper and lower case included
(https://learn.microsoft.com/entra/identity-platform/reference-breaking-changes#august-2024), and accepts anything when
the trust is made: a mistake shows at the first sign-in only. So the subject is put together here from its parts, and a
subject that is written by hand is compared with the form of its issuer. docs/reference/facts-graph.md, "Subjects of
federated tokens".
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, StringConstraints, model_validator

from settings.strict_model import StrictModel
from settings.values import Guid, Name, split_address

GITHUB = "https://token.actions.githubusercontent.com"
GITLAB = "https://gitlab.com"
AZURE_DEVOPS = "https://vstoken.dev.azure.com/"
ENTRA = "https://login.microsoftonline.com"

FLEXIBLE_ISSUERS = {
    # Whose claims an expression may speak of: learn.microsoft.com/entra/workload-id/
    # workload-identities-flexible-federated-identity-credentials ("Issuer URLs, supported claims, and operators").
    GITHUB: ("sub", "job_workflow_ref"),
    "https://app.terraform.io": ("sub",),
    "https://app.eu.terraform.io": ("sub",),
}
_ANY_GITLAB = re.compile(r"https://gitlab\.(?:com|[a-z0-9-]+\.(?:com|ca))")

_REPOSITORY = re.compile(r"([A-Za-z0-9-]+)(@\d+)?/([A-Za-z0-9._-]+)(@\d+)?")
_GITHUB_SUBJECT = re.compile(
    r"repo:(?P<repository>[^/:]+/[^/:]+):(?:environment:[^:]+|ref:refs/(?:heads|tags)/[^:]+|pull_request)"
)
_GITLAB_SUBJECT = re.compile(r"project_path:[^:]+:ref_type:(?:branch|tag):ref:.+")
_KUBERNETES_SUBJECT = re.compile(r"system:serviceaccount:[a-z0-9-]+:[a-z0-9.-]+")
_WILDCARDS = frozenset("*?")


class Claims(NamedTuple):
    """What a token has to say: its issuer, and its subject or an expression about its claims; one of the two is ""."""

    issuer: str
    subject: str = ""
    expression: str = ""


def _issuer(url: str) -> str:
    parts = split_address(url)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("is not an issuer: an https address, letter for letter as the token's claim `iss` has it")
    if parts.netloc != parts.netloc.lower():
        raise ValueError("has capitals in its host name: Entra compares it letter for letter with the claim `iss`")
    if url.lower().rstrip("/") == GITHUB and url != GITHUB:
        raise ValueError(f"is not what GitHub writes, which is {GITHUB}, without a slash at its end")
    return url


Issuer = Annotated[Name, StringConstraints(max_length=600), AfterValidator(_issuer)]
Subject = Annotated[Name, StringConstraints(max_length=600)]


def _repository(text: str) -> str:
    found = _REPOSITORY.fullmatch(text)
    if not found:
        raise ValueError(
            "is not a repository: write acme/robots, or with GitHub's ids acme@123456/robots@456789; no address"
        )
    if bool(found[2]) != bool(found[4]):
        raise ValueError("has one of GitHub's two ids: write both, acme@123456/robots@456789, or none")
    if text.endswith(".git"):
        raise ValueError("ends in .git, which is no part of the repository's name in a token")
    return text


def _plain_ref(text: str) -> str:
    if text.startswith(("refs/", "heads/", "tags/")):
        raise ValueError("is a ref: write the name alone, as `main` or `v1.0`")
    if text.startswith("environment:"):
        raise ValueError("names an environment: a job that names one has no ref in its subject; write `environment`")
    if ":" in text or text != text.strip("/") or " " in text:
        raise ValueError("is not a name of a branch or tag")
    return text


Ref = Annotated[Name, AfterValidator(_plain_ref)]


def _environment(text: str) -> str:
    if text.startswith("refs/"):
        raise ValueError("is a ref: for a branch write `branch`, for a tag `tag`; an environment has a name of its own")
    if _WILDCARDS & set(text):
        raise ValueError("has * or ?: an environment is named exactly, since it is what GitHub protects")
    return text


class GitHub(StrictModel):
    """Jobs of GitHub Actions: those in one environment, on one branch or tag, or for pull requests."""

    repository: Annotated[Name, AfterValidator(_repository)]
    """Owner and repository, perhaps with their ids. Example: `acme/robots`"""
    environment: Annotated[Name, AfterValidator(_environment)] | None = None
    """The environment of the job. Example: `production`"""
    branch: Ref | None = None
    """The branch; `*` matches any. Example: `main`"""
    tag: Ref | None = None
    """The tag; `*` matches any. Example: `v1.0`"""
    pull_request: Literal[True] | None = None
    """Pull requests, from whichever branch."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        said = [each for each in (self.environment, self.branch, self.tag, self.pull_request) if each is not None]
        if len(said) != 1:
            raise ValueError(
                "must have exactly one of environment, branch, tag and pullRequest: a job that names an environment "
                "has that in its subject, and then not its branch"
            )
        return self

    def claims(self) -> Claims:
        """Return what GitHub writes: https://docs.github.com/actions/reference/openid-connect-reference ."""
        if self.environment is not None:
            which = f"environment:{self.environment.replace(':', '%3A')}"
        elif self.pull_request:
            which = "pull_request"
        else:
            which = f"ref:refs/heads/{self.branch}" if self.branch else f"ref:refs/tags/{self.tag}"
        return _exactly_or_matching(GITHUB, f"repo:{self.repository}:{which}")


class GitLab(StrictModel):
    """Jobs of GitLab CI/CD on one branch or tag."""

    project: Annotated[Name, StringConstraints(pattern=r"^[^:/\s][^:\s]*/[^:\s]*[^:/\s]$")]
    """The group and the project in it. Example: `acme/robots`"""
    branch: Ref | None = None
    """The branch; `*` matches any. Example: `main`"""
    tag: Ref | None = None
    """The tag; `*` matches any. Example: `v1.0`"""
    issuer: Issuer = GITLAB
    """The address of GitLab. Example: `https://gitlab.example`"""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.branch is None) == (self.tag is None):
            raise ValueError("must have either branch or tag")
        return self

    def claims(self) -> Claims:
        """Return what GitLab writes: https://docs.gitlab.com/ci/secrets/id_token_authentication/ ."""
        kind, ref = ("branch", self.branch) if self.branch else ("tag", self.tag)
        return _exactly_or_matching(self.issuer, f"project_path:{self.project}:ref_type:{kind}:ref:{ref}")


class AzureDevOps(StrictModel):
    """A service connection of Azure DevOps: issuer and subject as it shows them, or, for an older one, its names."""

    issuer: Issuer | None = None
    """The issuer that the service connection shows. Example: `https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0`"""
    subject: Subject | None = None
    """The subject that the service connection shows. Example: `/eid1/c/pub/t/abc/a/def/sc/org/connection`"""
    organization: Name | None = None
    """The organization's name, for service connections of the old issuer. Example: `acme`"""
    organization_id: Guid | None = None
    """The organization's id, with it. Example: `22222222-3333-4444-5555-666666666666`"""
    project: Name | None = None
    """The project's name, with it. Example: `Robots`"""
    service_connection: Name | None = None
    """The service connection's name, with it. Example: `business-central`"""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        names = (self.organization, self.organization_id, self.project, self.service_connection)
        if (None in names or self.issuer or self.subject) and (
            not self.issuer or not self.subject or any(each is not None for each in names)
        ):
            raise ValueError(
                "must have issuer and subject, as the service connection shows them; or, for one with the issuer "
                f"{AZURE_DEVOPS}..., organization, organizationId, project and serviceConnection"
            )
        return self

    def claims(self) -> Claims:
        """Return what Azure DevOps writes.

        https://learn.microsoft.com/azure/devops/pipelines/release/troubleshoot-workload-identity
        """
        if self.issuer and self.subject:
            return Claims(self.issuer, self.subject)
        subject = f"sc://{self.organization}/{self.project}/{self.service_connection}"
        return Claims(f"{AZURE_DEVOPS}{self.organization_id}", subject)


_DNS_LABEL = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
_DNS_NAME = r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"


class Kubernetes(StrictModel):
    """A service account of a Kubernetes cluster; `issuer` is the cluster's, as its tokens have it."""

    issuer: Issuer
    """The cluster's issuer of tokens. Example: `https://oidc.cluster.example`"""
    namespace: Annotated[str, StringConstraints(pattern=_DNS_LABEL)]
    """The namespace of the service account. Example: `robots`"""
    service_account: Annotated[str, StringConstraints(pattern=_DNS_NAME)]
    """The name of the service account. Example: `sync`"""

    def claims(self) -> Claims:
        """Return what the cluster writes: https://azure.github.io/azure-workload-identity/docs/ ."""
        return Claims(self.issuer, f"system:serviceaccount:{self.namespace}:{self.service_account}")


class ManagedIdentity(StrictModel):
    """A managed identity of this tenant, by the object id of its service principal."""

    principal_id: Guid
    """Object id of its service principal. Example: `9c1e0a4d-0000-0000-0000-000000000001`"""


def _exactly_or_matching(issuer: str, subject: str) -> Claims:
    if not _WILDCARDS & set(subject):
        return Claims(issuer, subject)
    return Claims(issuer, expression=f"claims['sub'] matches '{subject}'")


_COMPARISON = r"claims\['(\w+)'\] (?:eq|matches) '[^']+'"


def expression_problem(issuer: str, expression: str) -> str:
    """Return what is wrong with an expression about claims, "" where nothing is.

    Args:
        issuer: whose tokens it is about.
        expression: what is to be true of them.
    """
    claims = FLEXIBLE_ISSUERS.get(issuer) or (("sub",) if _ANY_GITLAB.fullmatch(issuer) else ())
    if not claims:
        known = ", ".join([*FLEXIBLE_ISSUERS, GITLAB])
        return f"Entra matches expressions, and so * and ?, for tokens of these issuers only: {known}"
    if not re.fullmatch(rf"{_COMPARISON}(?: and {_COMPARISON})*", expression):
        return "is not an expression like claims['sub'] matches 'repo:acme/robots:ref:refs/heads/release/*'"
    if others := sorted(set(re.findall(r"claims\['(\w+)'\]", expression)) - set(claims)):
        return f"speaks of the claim {others[0]!r}; for {issuer} Entra matches {' and '.join(claims)}"
    return ""


def subject_problem(issuer: str, subject: str) -> str:
    """Return what is wrong with a subject that its issuer would never write, "" where nothing is known to be.

    Args:
        issuer: whose tokens have it.
        subject: what is expected in their claim `sub`.
    """
    if issuer == GITHUB:
        found = _GITHUB_SUBJECT.fullmatch(subject)
        if not found:
            return (
                "is not what GitHub writes: repo:<owner>/<name>: and then environment:<name>, ref:refs/heads/<branch>, "
                "ref:refs/tags/<tag> or pull_request, one of them; write `github` instead, which puts it together"
            )
        try:
            _repository(found["repository"])
        except ValueError as problem:
            return f"{found['repository']!r} {problem}"
    if _ANY_GITLAB.fullmatch(issuer) and not _GITLAB_SUBJECT.fullmatch(subject):
        return "is not what GitLab writes: project_path:<project>:ref_type:branch:ref:main"
    if subject.startswith("system:") and not _KUBERNETES_SUBJECT.fullmatch(subject):
        return "is not what Kubernetes writes: system:serviceaccount:<namespace>:<name>"
    if _WILDCARDS & set(subject):
        return (
            "has * or ?, which a subject has no meaning for: Entra compares it letter for letter; write an expression"
        )
    if issuer.startswith(f"{ENTRA}/") and not issuer.endswith("/v2.0"):
        return f"can come from {ENTRA}/<tenant id>/v2.0 only: the issuer lacks /v2.0 at its end"
    return ""
