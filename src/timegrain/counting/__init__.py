"""The pure rules: facts and policy in, seconds out. No SQL, no HTTP, no clock."""
