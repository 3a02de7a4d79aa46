"""Stands in for the pulumi CLI where it cannot be had: runs the unmodified program on the unmodified SDK."""

import os

# Before gRPC is imported: its C core writes to the terminal when a plugin it talked to ends, which is what plugins do.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
