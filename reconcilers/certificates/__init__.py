"""A certificate that a vault makes, and whose private key it keeps."""
