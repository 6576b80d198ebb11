"""Pictures of the pipeline: which instruction was in which stage, and what kept it there."""
