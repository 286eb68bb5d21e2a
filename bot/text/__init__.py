"""Text processing: pure functions that take strings and return values. They import libraries and one another only.

There is one exception. The query that `search` returns and the records that `ranking` receives are frozen values of
`storage.records`, a module that imports nothing of ours. A query crosses the storage boundary, and storage never
imports the bot. So these records are defined on the side of storage. Defining them here as well would mean two
classes for each record, and a copy for each search.
"""
