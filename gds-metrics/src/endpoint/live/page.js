// Requests the exposition every few seconds, with a token if one is required.

const TIMEOUT = 15000;

class Page {
  #model = new Model();
  #view = null;
  #token = null;
  #timer = 0;
  #asking = null;
  #isPaused = false;
  #needsToken = false;
  #addresses = metricsAddresses();

  constructor() {
    setText(find("#place"), location.host + this.#addresses[0]);
    document.title = `Live metrics of ${location.host}`;
    find("#controls").addEventListener("submit", (event) => event.preventDefault());
    find("#interval").addEventListener("change", () => this.#ask());
    find("#pause").addEventListener("click", () => this.#pause());
    find("#forget").addEventListener("click", () => location.reload());
    find("#login").addEventListener("submit", (event) => {
      event.preventDefault();
      const field = find("#token");
      this.#token = field.value.trim();
      field.value = "";
      if (/^[\x21-\x7e]+$/.test(this.#token)) this.#resume();
      else this.#askForToken("A token has only visible ASCII characters, and no spaces.");
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && !this.#isPaused && !this.#needsToken) this.#ask();
    });
    this.#ask();
  }

  #resume() {
    this.#needsToken = false;
    this.#ask();
  }

  async #ask() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    const started = performance.now();
    const failure = await this.#scrape(asking).catch((error) => explain(error));
    // A newer request has replaced this one.
    if (asking !== this.#asking) return;
    this.#asking = null;
    if (failure) setStatus("failed", failure);
    if (this.#isPaused || this.#needsToken) return;
    const interval = 1000 * Number(find("#interval").value);
    const left = interval - (performance.now() - started);
    this.#timer = setTimeout(() => this.#ask(), Math.max(left, 500));
  }

  // Returns the reason of a failure, or `null`.
  async #scrape(asking) {
    const timer = setTimeout(() => asking.abort(), TIMEOUT);
    try {
      const headers = { Accept: "text/plain; version=0.0.4" };
      if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
      const [address, ...others] = this.#addresses;
      const response = await fetch(address, {
        headers,
        cache: "no-store",
        redirect: "error",
        signal: asking.signal,
      });
      if (response.status === 404 && others.length > 0) {
        this.#addresses = others;
        return this.#scrape(asking);
      }
      if (response.status === 401 || (response.status === 403 && this.#token !== null)) {
        const wasRefused = this.#token !== null;
        this.#askForToken(
          wasRefused ? "This token is not accepted." : "The metrics require a bearer token.",
        );
        return wasRefused ? "The token is not accepted" : "A token is required";
      }
      if (!response.ok) return problem(response.status);
      const text = await response.text();
      if (asking !== this.#asking) return null;
      this.#update(text);
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  #update(text) {
    const start = performance.now();
    find("#login").hidden = true;
    find("#forget").hidden = this.#token === null;
    find("main").hidden = false;
    // The time does not come from the clock, because the clock may be changed while the page is open.
    this.#model.update(text, (performance.timeOrigin + performance.now()) / 1000);
    this.#view ??= new View(this.#model);
    this.#view.render();
    // Tests measure the time until the update is painted.
    requestAnimationFrame(() => setTimeout(() => {
      performance.clearMeasures("update");
      performance.measure("update", { start });
    }));
    if (!this.#isPaused) setStatus("live", "Live");
  }

  #askForToken(reason) {
    this.#token = null;
    this.#needsToken = true;
    setText(find("#login-reason"), reason);
    find("main").hidden = true;
    find("#forget").hidden = true;
    find("#login").hidden = false;
    find("#token").focus();
  }

  #pause() {
    this.#isPaused = !this.#isPaused;
    const button = find("#pause");
    button.setAttribute("aria-pressed", String(this.#isPaused));
    if (this.#isPaused) {
      clearTimeout(this.#timer);
      setStatus("paused", "Paused");
    } else if (!this.#needsToken) {
      this.#ask();
    }
  }
}

// The page is at `…/live`, and the metrics are at `…` or at `…/`.
function metricsAddresses() {
  const path = location.pathname.replace(/\/live\/*$/, "");
  return path === "" ? ["/"] : [path, `${path}/`];
}

function problem(status) {
  const causes = {
    403: "this address may not read the metrics",
    404: "the metrics were not found",
    503: "the application is busy with other scrapes",
  };
  return `The response has the status ${status}${causes[status] ? `: ${causes[status]}` : ""}. Trying again`;
}

function explain(error) {
  if (error.name === "AbortError") return "The request timed out. Trying again";
  if (error.name === "TypeError") return "The application cannot be reached. Trying again";
  // This is a fault of the page, so the console shows it.
  console.error(error);
  return `The metrics cannot be shown: ${error.message}`;
}

function setStatus(state, text) {
  const status = find("#status");
  status.dataset.state = state;
  setText(status, text);
}

new Page();
