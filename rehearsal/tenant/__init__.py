"""Imitates Entra (STS), Microsoft Graph and Business Central over TLS, for what this project uses of them."""
