"""Starts and stops the shop, its load, Prometheus and, if they are installed, VictoriaMetrics and Grafana."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# The address in prometheus.yml. Checks use another port.
SHOP = "127.0.0.1:8080"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(what, done, seconds=60):
    """Waits until `done` returns a true value, and returns it."""
    end = time.monotonic() + seconds
    while True:
        if found := done():
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come about within {seconds} seconds")
        time.sleep(0.5)


def check_free(address):
    """Another program on the port would answer in place of the one that is started."""
    host, port = address.rsplit(":", 1)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            sys.exit(f"{address} cannot be used: {error}")


def example():
    """The program of the shop."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return ROOT / target / "debug/examples/monitoring"


def made(what):
    """What the shop prints: its rules or its dashboard."""
    return subprocess.run([example(), what], check=True, capture_output=True, text=True).stdout


class Stack:
    """`rules` replace those in the file, `config` is appended to the configuration of Prometheus, and `flags`
    are for its command."""

    def __init__(
        self,
        shop=SHOP,
        prometheus="127.0.0.1:9090",
        grafana="127.0.0.1:3000",
        fast=False,
        rules=None,
        config="",
        flags=(),
    ):
        # To save time, checks shorten the minute in the rules to the five seconds between two scrapes.
        self.fast = fast
        self.rules, self.config, self.flags = rules, config, flags
        self.shop, self.prometheus, self.grafana = shop, prometheus, grafana
        self.directory = tempfile.TemporaryDirectory(prefix="gds-metrics-")
        self.home = Path(self.directory.name)
        self.processes = []

    @classmethod
    def for_checks(cls, **options):
        shop, prometheus = (f"127.0.0.1:{free_port()}" for _ in range(2))
        return cls(shop, prometheus, fast=True, **options)

    def __enter__(self):
        try:
            self.start_shop()
            self.start_prometheus()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.directory.cleanup()

    def start(self, name, command, **environment):
        log = self.home / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=self.home,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def await_answer(self, name, process, url):
        def answers():
            if process.poll() is not None:
                text = (self.home / f"{name}.log").read_text(errors="replace")
                sys.exit(f"{name} has ended with {process.returncode}:\n{text}")
            try:
                with urllib.request.urlopen(url, timeout=2) as response:
                    return response.status < 300
            except OSError:
                return False

        until(f"an answer of {url}", answers)

    def start_shop(self):
        check_free(self.shop)
        for name in ("prometheus.yml", "rules"):
            source = HERE / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, self.home / name)
        config = self.home / "prometheus.yml"
        config.write_text(config.read_text().replace(SHOP, self.shop) + self.config)
        if self.rules:
            (self.home / "rules/http_server.yml").write_text(self.rules)
        if self.fast:
            for rules in (self.home / "rules").glob("*.yml"):
                text = rules.read_text()
                text = text.replace("interval: 1m", "interval: 5s").replace("interval: 3m", "interval: 5s")
                text = text.replace("offset 1m", "offset 5s")
                rules.write_text(text)
        token = self.home / "metrics-token"
        token.write_text(secrets.token_hex(16))
        token.chmod(0o600)

        process = self.start(
            "shop",
            [example()],
            LISTEN=self.shop,
            METRICS_AUTH_TOKEN_FILE=str(token),
            # The shop panics often, and backtraces are not needed.
            RUST_BACKTRACE="0",
        )
        self.await_answer("shop", process, f"http://{self.shop}/health")

    def start_load(self, seconds):
        command = [sys.executable, HERE / "load.py", "--url", f"http://{self.shop}"]
        self.start("load", [*command, "--seconds", str(seconds)])

    def start_prometheus(self):
        command = [
            os.environ.get("PROMETHEUS", "prometheus"),
            f"--config.file={self.home / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.home / 'data'}",
            f"--web.listen-address={self.prometheus}",
            *self.flags,
        ]
        check_free(self.prometheus)
        process = self.start("prometheus", command)
        self.await_answer("prometheus", process, f"http://{self.prometheus}/-/ready")

    def victoria_scrape(self):
        """The configuration of Prometheus without the settings that only Prometheus has."""
        text = (self.home / "prometheus.yml").read_text()
        path = self.home / "scrape.yml"
        text = text.replace("rule_files:\n  - rules/*.yml\n", "")
        path.write_text(text.replace("  evaluation_interval: 5s\n", ""))
        return path

    def start_victoria(self):
        """Starts the installed programs of VictoriaMetrics. Yields the name, address and a page of each."""
        if not shutil.which("victoria-metrics"):
            return
        store = "127.0.0.1:8428"
        scrape = [f"-promscrape.config={self.victoria_scrape()}"]
        agent = shutil.which("vmagent")
        commands = [
            ("victoria-metrics", store, "/vmui/", [f"-storageDataPath={self.home}/victoria", *([] if agent else scrape)]),
            ("vmagent", "127.0.0.1:8429", "/targets", [
                *scrape,
                f"-remoteWrite.url=http://{store}/api/v1/write",
                f"-remoteWrite.tmpDataPath={self.home}/vmagent",
            ]),
            ("vmalert", "127.0.0.1:8880", "/vmalert/alerts", [
                f"-rule={self.home}/rules/*.yml",
                f"-datasource.url=http://{store}",
                f"-remoteWrite.url=http://{store}",
                f"-remoteRead.url=http://{store}",
                "-notifier.blackhole",
            ]),
        ]  # fmt: skip
        for name, address, page, flags in commands:
            if shutil.which(name):
                process = self.start(name, [name, f"-httpListenAddr={address}", *flags])
                self.await_answer(name, process, f"http://{address}/health")
                yield name, address, page

    def start_grafana(self):
        """Starts Grafana if it is installed, and returns whether it is."""
        if grafana := shutil.which("grafana"):
            command = [grafana, "server"]
        elif grafana := shutil.which("grafana-server"):
            command = [grafana]
        else:
            return False
        home = os.environ.get("GRAFANA_HOME", "/usr/share/grafana")
        host, port = self.grafana.split(":")
        process = self.start(
            "grafana",
            [*command, "--homepath", home],
            GF_PATHS_DATA=str(self.home / "grafana"),
            GF_PATHS_LOGS=str(self.home / "grafana"),
            GF_PATHS_PROVISIONING=str(HERE / "grafana/provisioning"),
            GF_SERVER_HTTP_ADDR=host,
            GF_SERVER_HTTP_PORT=port,
            GF_AUTH_ANONYMOUS_ENABLED="true",
            GF_ANALYTICS_REPORTING_ENABLED="false",
            GF_ANALYTICS_CHECK_FOR_UPDATES="false",
            GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES="false",
            GF_PLUGINS_PREINSTALL_DISABLED="true",
            PROMETHEUS_URL=f"http://{self.prometheus}",
            DASHBOARDS=str(HERE / "grafana"),
        )
        self.await_answer("grafana", process, f"http://{self.grafana}/api/health")
        return True

    def ask(self, path, **parameters):
        """The data in the response of Prometheus's HTTP API."""
        return ask(f"http://{self.prometheus}", path, **parameters)


def ask(prometheus, path, **parameters):
    parameters = {name.rstrip("_"): value for name, value in parameters.items()}
    query = urllib.parse.urlencode(parameters)
    try:
        with urllib.request.urlopen(f"{prometheus}/api/v1/{path}?{query}", timeout=20) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{path} {parameters}: {error.read().decode()}") from error
