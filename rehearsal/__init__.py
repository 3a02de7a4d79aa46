"""Everything needed to run the whole project on one machine, with nothing real touched."""
