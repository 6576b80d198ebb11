"""What the operating system's sources are generated from: machine constants, system calls."""
