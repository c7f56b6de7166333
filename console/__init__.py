"""The headless core: rules, content, storage and use cases. Never imports Textual."""
