"""From functions to assembly text: placement, scheduling, registers, instructions."""
