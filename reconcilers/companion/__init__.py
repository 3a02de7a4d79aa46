"""The companion extension in one Business Central environment, installed or upgraded from a .app file."""
