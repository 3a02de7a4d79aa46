"""What administrators do by hand, what comes of it, and the page that tells it."""
