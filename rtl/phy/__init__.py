"""What is between the peripherals' streams and the pins of a board."""
