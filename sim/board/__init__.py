"""Boards in simulation: their designs and pins, with models of chips at them."""
