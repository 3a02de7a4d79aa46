"""Answers every request of ours in odd ways: `make fuzz-answers`."""
