"""What the bot understands of a text: pure functions, strings in and values out, over libraries and one another.

With one exception: what `search` makes of a query, and what `ranking` is given for it, are the frozen values of
`storage.records`, which import nothing of ours. A query crosses the storage boundary, and storage never imports the
bot, so its words are defined on that side; defining them here as well would be two of each, and a copy a search.
"""
