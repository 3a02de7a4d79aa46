"""Proof that an application can use an environment."""
