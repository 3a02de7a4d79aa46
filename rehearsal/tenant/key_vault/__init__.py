"""Azure Key Vault's data plane for secrets, as azure-keyvault-secrets uses it, and what an administrator does there."""
