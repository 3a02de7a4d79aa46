"""Signing in to Entra, and which cloud and tenant it is."""
