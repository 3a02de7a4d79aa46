"""The client secrets of an application: which are due, which may go, where they lie."""
