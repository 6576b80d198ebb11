"""Chips of boards, as their data sheets describe them: what the boards are simulated with."""
