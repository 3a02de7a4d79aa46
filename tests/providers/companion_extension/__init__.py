"""CompanionExtension in its real host."""
