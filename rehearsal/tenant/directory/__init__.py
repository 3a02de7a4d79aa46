"""The directory's contents: what the token service and Microsoft Graph both look at."""
