"""Moving in: what the database of another bot holds, and what becomes of it here."""
