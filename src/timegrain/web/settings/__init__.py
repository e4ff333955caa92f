"""The pages of the settings, one module a section."""
