"""Imitates the Microsoft Entra security token service: metadata, keys, and tokens for client credentials."""
