"""Carries out the plan of a certificate: has the vault make it, enable it, recover it or disable it."""

from __future__ import annotations

from clients.key_vault.certificates import Certificates
from reconcilers.certificates.observe import observe, observe_for_removal
from reconcilers.certificates.plan import plan, removal
from reconcilers.certificates.spec import CertificateSpec, Recorded
from reconcilers.progress import report


def reconcile(certificates: Certificates, spec: CertificateSpec, recorded: Recorded | None = None) -> Recorded:
    """Have the certificate in the vault: adopt what is there, else have one made.

    What a kill leaves at any point, the next run finds: an operation, which it waits for, or a version by its tags. A
    version that Entra does not know is of no use to anybody, so nothing is taken back where something fails.

    Args:
        certificates: of the vault.
        spec: the certificate as it shall be.
        recorded: what the state has of it, None where it has nothing.

    Raises:
        UserFacingError: it cannot be done.
    """
    name = spec.certificate_name
    live = observe(certificates, spec)
    planned = plan(spec, live, recorded)
    if planned.recover:
        report(f"recovering certificate {name} in vault {spec.key_vault}, which somebody deleted")
        certificates.recover(name)
        live = observe(certificates, spec)
        planned = plan(spec, live, recorded)
    if planned.refused:
        raise planned.refused
    if planned.adopt:
        version = planned.adopt
        if planned.enable:
            certificates.enable(name, version.version)
    else:
        report(f"vault {spec.key_vault} makes a key and a certificate for it")
        version = certificates.make(name, spec.terms, spec.tags, live.versions)
    for other in planned.disable:
        certificates.disable(name, other)
    public = certificates.public_part(name, version.version)
    return Recorded(version.version, version.thumbprint, public.ends, public.pem)


def remove(certificates: Certificates, spec: CertificateSpec, recorded: Recorded) -> None:
    """Disable the version, so that its key does not sign any more. It may be gone.

    It is not deleted: Key Vault deletes a certificate with all of its versions.

    Raises:
        UserFacingError: it cannot be done.
    """
    for version in removal(spec, observe_for_removal(certificates, spec), recorded):
        certificates.disable(spec.certificate_name, version)
