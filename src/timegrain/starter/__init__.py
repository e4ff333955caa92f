"""The starter catalogue: how well-known applications and sites are rated where nobody says otherwise."""
