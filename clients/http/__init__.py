"""The HTTP transport that all clients share."""
