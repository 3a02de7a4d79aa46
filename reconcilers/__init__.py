"""Bring services to what the stack file says: observe, plan, apply. Imports neither Pulumi nor HTTP."""
