"""A registration in one Business Central environment, with its user and permission sets."""
