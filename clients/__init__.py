"""Clients of the services that this project configures; the only code that knows their HTTP."""
