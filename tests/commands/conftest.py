"""The commands, and the providers whose refusals they foretell."""

from tests.providers.conftest import application, consents, inputs, registrations, start_host

__all__ = ["application", "consents", "inputs", "registrations", "start_host"]
