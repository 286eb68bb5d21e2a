"""How sources and pages are fetched: connections, limits, addresses, politeness."""
