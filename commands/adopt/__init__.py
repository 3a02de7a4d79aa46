"""`python -m commands adopt`: takes over what a tenant has, from an inventory to a stack file and an import file."""
