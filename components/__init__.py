"""Components: what belongs together, made of resources. No I/O."""
