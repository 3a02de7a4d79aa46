"""Admin consent: what an application is granted on a resource."""
