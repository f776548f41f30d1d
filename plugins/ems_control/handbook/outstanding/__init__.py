"""What is open in a handbook on its day: decisions, tasks, days, people nobody knows."""
