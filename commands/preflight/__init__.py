"""`python -m commands preflight`: what stands in the way of a stack, found by reading only."""
