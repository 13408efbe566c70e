"""What is shown where somebody shares a link to the page, in place of Gradio's words about itself."""

import re
from html import escape


class LinkPreview:
    """ASGI middleware: writes our words into the head of the page's HTML."""

    def __init__(self, app, title, description):
        """Stand before an ASGI app (a callable); title and description are what the preview says."""
        self.app = app
        said = {"og:type": "website", "og:title": title, "og:description": description, "description": description}
        self.head = "".join(f'<meta property="{name}" name="{name}" content="{escape(said[name])}" />' for name in said)

    async def __call__(self, scope, receive, send):
        """Answer a connection."""
        if scope["type"] != "http" or (scope["method"], scope["path"]) != ("GET", "/"):
            await self.app(scope, receive, send)
            return
        started, body = None, b""

        async def send_mended(message):
            nonlocal started, body
            if message["type"] == "http.response.start":
                started = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            page = self.mend(body.decode()).encode()
            headers = [header for header in started["headers"] if header[0] != b"content-length"]
            await send(started | {"headers": [*headers, (b"content-length", str(len(page)).encode())]})
            await send({"type": "http.response.body", "body": page})

        await self.app(scope, receive, send_mended)

    def mend(self, page):
        """The page's HTML (str) with our preview in place of Gradio's."""
        page = re.sub(r"<meta\s[^>]*\b(og|twitter):[^>]*>", "", page)
        return page.replace("<head>", f"<head>{self.head}", 1)
