"""Measurements of the bot on this machine: `python -m bench`. See README.md here."""
