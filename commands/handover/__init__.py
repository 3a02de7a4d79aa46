"""`python -m commands handover`: what the team of an outside system needs, without the secret."""
