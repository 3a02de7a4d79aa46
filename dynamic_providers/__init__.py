"""Pulumi resources of our own, over `clients`.

The module paths and class names in this package are stored in every stack's state, inside each resource's `__provider`:
never rename them (docs/decisions/0003-stored-names.md).
"""
