"""`python -m commands rotate`: rotates client secrets, by the dates in the stack file."""
