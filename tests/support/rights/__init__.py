"""Which rights each operation takes, found by trying: with exactly these, and with each of them taken away."""
