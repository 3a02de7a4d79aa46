"""Finds the Pulumi CLI on this machine, or gets it: the engine of the rehearsal is Pulumi's own, always."""
