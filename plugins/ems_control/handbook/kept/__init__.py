"""What a run keeps of a handbook for the next one, and how it goes on from there."""
