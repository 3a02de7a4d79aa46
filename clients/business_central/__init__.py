"""Business Central over HTTP: its APIs, the companion extension's, and the admin center's."""
