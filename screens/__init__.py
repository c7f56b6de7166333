"""Everything Textual. Receives services by constructor, sees frozen views, never a table row."""
