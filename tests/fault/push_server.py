"""A listmonk of its own, as much of it as a push needs (https://listmonk.app/docs/apis/apis/): subscribers, lists, and what it was asked
to change. On 127.0.0.1, in a thread."""
import collections
import http.server
import json
import threading
import urllib.parse

PAGE = 50  # rows, whatever is asked for


class Platform:
    def __init__(self, addresses: list[str]) -> None:
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.addresses = addresses
        self.lock = threading.Lock()
        self.reset()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reset(self, target: str = "", members: set[int] = frozenset()) -> None:
        """A newsletter that has everybody, and a target that has some."""
        with self.lock:
            self.lists = {1: "Newsletter", 2: target}
            self.members = {1: set(range(1, len(self.addresses) + 1)), 2: set(members)}
            self.changes = collections.Counter()  # (action, list, subscriber) and ("make", name): how often it was asked for

    def state(self) -> dict:
        with self.lock:
            return {self.lists[number]: sorted(members) for number, members in self.members.items()}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    # What is asked.

    def _subscribers(self, query: dict) -> list[dict]:
        wanted = int(query.get("list_id", ["0"])[0] or 0)
        text = query.get("query", [""])[0]
        address = text.removeprefix("subscribers.email = '").removesuffix("'") if text.startswith("subscribers.email") else ""
        rows = []
        for number, one in enumerate(self.addresses, 1):
            if (wanted and number not in self.members.get(wanted, ())) or (address and one != address):
                continue
            lists = [{"id": at, "name": self.lists[at], "optin": "single", "subscription_status": "confirmed"}
                     for at, members in self.members.items() if number in members]
            rows.append({"id": number, "email": one, "status": "enabled", "lists": lists})
        return rows

    def _get(self, path: str, query: dict) -> dict:
        if path == "/api/subscribers":
            rows = self._subscribers(query)
        else:
            rows = [{"id": number, "name": name, "optin": "single", "type": "private"} for number, name in self.lists.items()]
        page = int(query.get("page", ["1"])[0])
        return {"data": {"results": rows[(page - 1) * PAGE: page * PAGE], "total": len(rows), "per_page": PAGE, "page": page}}

    def _make_list(self, body: dict) -> dict:
        number = max(self.lists) + 1
        self.lists[number], self.members[number] = body["name"], set()
        self.changes["make", body["name"]] += 1
        return {"data": {"id": number, "name": body["name"]}}

    def _change_list(self, body: dict) -> dict:
        for number in body["target_list_ids"]:
            for subscriber in body["ids"]:
                self.changes[body["action"], number, subscriber] += 1
                (self.members[number].add if body["action"] == "add" else self.members[number].discard)(subscriber)
        return {"data": True}

    def _handler(self) -> type:
        platform = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                url = urllib.parse.urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with platform.lock:
                    if self.command == "GET":
                        answer = platform._get(url.path, urllib.parse.parse_qs(url.query))
                    elif self.command == "POST":
                        answer = platform._make_list(json.loads(body))
                    else:
                        answer = platform._change_list(json.loads(body))
                text = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def handle(self) -> None:
                try:
                    super().handle()
                except (ConnectionError, ValueError):
                    pass  # whoever asked is dead

            do_GET = do_POST = do_PUT = _answer

            def log_message(self, *_: object) -> None:
                pass

        return Handler
