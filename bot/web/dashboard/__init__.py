"""The dashboard: pages for administrators and editors, made on the server. They work without JavaScript.

request → login (who is it?) → page (what does it show?) → rendering (HTML in the viewer's language)
"""

from bot.web.dashboard.routes import routes
from bot.web.dashboard.view import Parts

__all__ = ["Parts", "routes"]
