"""Reads what a vault has of a certificate; its private key is in no answer."""

from __future__ import annotations

from dataclasses import replace

from clients.key_vault.certificates import Certificates
from reconcilers.certificates.spec import CertificateSpec, Live, Recorded


def observe(certificates: Certificates, spec: CertificateSpec) -> Live:
    """Return what there is, once no version is being made: a run that was killed may have asked for one.

    Raises:
        UserFacingError: it cannot be read.
    """
    certificates.wait_until_idle(spec.certificate_name)
    return _listed(certificates, spec)


def observe_for_refresh(certificates: Certificates, spec: CertificateSpec, recorded: Recorded) -> Live:
    """Return what there is, as far as it tells how a certificate is.

    The vault's own list has the current version of each of its certificates, though not its id: it is one request for
    all. Only what it does not settle, such as an older label, is asked for by name.

    Raises:
        UserFacingError: it cannot be read.
    """
    current = certificates.current().get(spec.certificate_name.lower())
    if current and current.enabled and current.thumbprint == recorded.thumbprint:
        return Live((replace(current, version=recorded.version),))
    return _listed(certificates, spec)


def observe_for_removal(certificates: Certificates, spec: CertificateSpec) -> Live:
    """Return what there is; what is deleted needs no removal.

    Raises:
        UserFacingError: it cannot be read.
    """
    return Live(tuple(certificates.versions(spec.certificate_name)))


def _listed(certificates: Certificates, spec: CertificateSpec) -> Live:
    versions = tuple(certificates.versions(spec.certificate_name))
    return Live(versions, None if versions else certificates.deleted(spec.certificate_name))
