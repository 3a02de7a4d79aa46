"""The chapters of the tour: each does something, and claims what is to be seen of it."""
