"""A page of somebody else, open in the operator's browser, and all that a page can try with another server."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Page

REBOUND = "rebound.example"
"""A name whose owner's DNS says 127.0.0.1: what the browser opens there is the attacker's own page, to the browser."""
RESOLVER = f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1"
_ATTACKS = """
async ({url, get, body}) => {
  const within = (made) => Promise.race([made, new Promise(end => setTimeout(() => end('nothing'), 3000))]);
  const image = new Promise(end => {
    const shown = new Image();
    shown.onload = () => end('loaded'); shown.onerror = () => end('refused'); shown.src = get;
  });
  const script = new Promise(end => {
    const run = document.createElement('script');
    run.onload = () => end('loaded'); run.onerror = () => end('refused'); run.src = get; document.head.append(run);
  });
  const asked = (options) => fetch(url, options).then(
    async (answer) => answer.type === 'opaque' ? 'unread' : 'read: ' + await answer.text(), () => 'refused');
  const form = () => {
    const frame = document.createElement('iframe'); frame.name = 'hidden'; document.body.append(frame);
    const sent = document.createElement('form');
    sent.method = 'POST'; sent.enctype = 'text/plain'; sent.action = get; sent.target = 'hidden';
    document.body.append(sent); sent.submit();
    return new Promise(end => frame.addEventListener('load', () => end('done')));
  };
  const socket = (protocols) => new Promise(end => {
    const opened = new WebSocket(url.replace('http', 'ws'), protocols);
    opened.onopen = () => {
      opened.send(JSON.stringify({type: 'connection_init'}));
      opened.send(JSON.stringify({id: '1', type: 'start', payload: JSON.parse(body)}));
      end('opened');
    };
    opened.onerror = () => end('refused');
  });
  return {
    image: await within(image), script: await within(script),
    simple: await asked({method: 'POST', mode: 'no-cors', headers: {'Content-Type': 'text/plain'}, body}),
    query: await fetch(get, {mode: 'no-cors', credentials: 'include'}).then(() => 'unread', () => 'refused'),
    read: await asked({}), json: await asked({method: 'POST', headers: {'Content-Type': 'application/json'}, body}),
    form: await within(form()), socket: await within(socket(['graphql-ws'])),
  };
}
"""


def attack(page: Page, url: str, get: str, body: str) -> dict[str, str]:
    """What came of each way: `get` by picture, script, fetch and form; `body` to `url` by fetch and WebSocket."""
    return dict(page.evaluate(_ATTACKS, {"url": url, "get": get, "body": body}))


@contextmanager
def foreign_page() -> Iterator[str]:
    """The address of a page on another port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Promo</title><body>Promo</body>")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
