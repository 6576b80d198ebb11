"""Boards in simulation: their pins, with models of chips at them."""
