"""What things cost, beside their yardsticks in the same run."""
