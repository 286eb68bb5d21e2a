"""Fetches sources and pages over HTTP: connections, limits, refused addresses, robots.txt."""
