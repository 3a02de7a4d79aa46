"""The tour: the whole path once, from an empty tenant to an empty tenant, every claim checked."""
