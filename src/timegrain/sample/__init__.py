"""The sample organisation: believable people and facts, made from a seed. No storage, no clock."""
