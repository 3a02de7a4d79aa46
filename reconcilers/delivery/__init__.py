"""A client secret that azuread made, copied into Azure Key Vault, and its version disabled once the secret is gone."""
