"""The peripherals: each keeps its window, and talks to what is behind it by streams of tokens."""
