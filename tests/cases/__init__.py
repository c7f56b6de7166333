"""Where each client stands."""
