"""What `ems keep` does at a forge beside reading, forge by forge."""
