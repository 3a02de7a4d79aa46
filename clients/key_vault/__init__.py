"""Azure Key Vault: the versions of a secret, set, read, disabled and recovered."""
