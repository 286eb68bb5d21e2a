"""What the bot understands of a text, measured on labelled data beside the libraries that people use today."""
