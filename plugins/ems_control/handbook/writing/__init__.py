"""What one does with a handbook: begin it, write, sign, decide."""
