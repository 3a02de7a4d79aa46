"""Imitates Microsoft Graph, v1.0 and beta, for applications, service principals and what is granted to them."""
