"""Whole lives of clients, lived by the product and by a small model of its rules side by side."""
