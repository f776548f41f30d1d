"""Commands that tell: findings, evidence, lists, texts, rules."""
