"""What an organisation sets: policy, people, and the catalogue of standards."""
