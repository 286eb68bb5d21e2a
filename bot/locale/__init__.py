LANGUAGES = ("ar", "en")
