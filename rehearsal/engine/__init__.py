"""Stands in for the pulumi CLI where it cannot be had: runs the unmodified program on the unmodified SDK."""
