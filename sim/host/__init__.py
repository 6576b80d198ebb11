"""The host's side of the peripherals: what is behind console, files, disk, display and lines."""
