#!/usr/bin/env python3
"""Load for the shop, with an example of everything that the dashboard and the alerts show.

    load.py --url http://127.0.0.1:8080 --seconds 60

It ends by itself. Only addresses on this machine are accepted.
"""

import argparse
import http.client
import ipaddress
import random
import socket
import threading
import time
from urllib.parse import urlsplit

HOSTS = ["shop.example", "www.shop.example"]


def request(shop, method, path, body=None, headers=None):
    """Sends a request and reads the response. Ignores errors."""
    connection = http.client.HTTPConnection(*shop, timeout=10)
    try:
        headers = {"Host": random.choice(HOSTS), **(headers or {})}
        connection.request(method, path, body=body, headers=headers)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        pass
    finally:
        connection.close()


def leave(shop, path, after):
    """Sends a request and disconnects before the response is complete."""
    with socket.create_connection(shop, timeout=10) as connection:
        # Without lingering, closing sends a reset, like a client that crashed.
        connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
        )
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOSTS[0]}\r\n\r\n".encode())
        time.sleep(after)


def visitor(shop, rng):
    """Most of the traffic."""
    request(shop, "GET", "/")
    request(shop, "GET", f"/items/{rng.randint(20, 999)}")
    request(shop, "GET", f"/items/{rng.randint(20, 999)}")
    if rng.random() < 0.2:
        request(shop, "GET", rng.choice(["/items/5000", "/favicon.ico", "/wp-login.php"]))
    time.sleep(rng.expovariate(20))


def buyer(shop, rng):
    payment = rng.choice([b"card", b"card", b"invoice"])
    size = int(rng.paretovariate(0.8) * 200)
    request(shop, "POST", "/orders", body=payment + b"." * min(size, 2_000_000))
    if rng.random() < 0.03:
        request(shop, "POST", "/orders", body=b"refused" + b"." * rng.randint(0, 80))
    time.sleep(rng.expovariate(10))


def reader(shop, rng):
    """Slow reports and long exports."""
    request(shop, "GET", f"/reports/{min(int(rng.lognormvariate(5, 0.9)), 4_000)}")
    if rng.random() < 0.3:
        request(shop, "GET", f"/exports/stock/{rng.randint(2, 40)}")


def trouble(shop, rng):
    """Errors, blocked workers and panics."""
    request(shop, "GET", "/items/0")
    request(shop, "GET", "/stock")
    request(shop, "GET", rng.choice(["/items/13", "/items/0"]))
    request(shop, "GET", "/exports/broken/6")
    leave(shop, "/reports/4000", after=0.1)
    leave(shop, "/exports/stock/40", after=0.2)
    # A scrape without a token, and more hosts than the limit of the label.
    request(shop, "GET", "/metrics")
    request(shop, "GET", "/", headers={"Host": f"{rng.randint(0, 99)}.example"})
    time.sleep(rng.uniform(1.5, 3))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--seconds", type=float, default=60, help="at most a day")
    args = parser.parse_args()

    url = urlsplit(args.url)
    shop = (url.hostname, url.port or 80)
    if not ipaddress.ip_address(url.hostname).is_loopback:
        parser.error("this is load: only addresses of this machine, please")
    end = time.monotonic() + min(args.seconds, 86_400)

    def repeat(what, seed):
        rng = random.Random(seed)
        # The usual hosts come first, because the first hosts get their own label value.
        time.sleep(seed)
        while time.monotonic() < end:
            try:
                what(shop, rng)
            except OSError:
                time.sleep(0.2)  # The shop has not started yet, or has ended.

    roles = [visitor, visitor, buyer, reader, reader, reader, trouble]
    threads = [
        threading.Thread(target=repeat, args=(role, seed), daemon=True)
        for seed, role in enumerate(roles)
    ]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
