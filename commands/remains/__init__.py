"""`python -m commands remains`: what is left of a stack after `pulumi destroy`, and how it comes back."""
