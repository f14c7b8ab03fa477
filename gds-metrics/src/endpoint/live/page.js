// Asks for the exposition beside this page every few seconds, with a token if one is required.

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
      else this.#askForToken("A token is made of letters, digits and signs of ASCII.");
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
    // Another question has taken its place.
    if (asking !== this.#asking) return;
    this.#asking = null;
    if (failure) setStatus("failed", failure);
    if (this.#isPaused || this.#needsToken) return;
    const interval = 1000 * Number(find("#interval").value);
    const left = interval - (performance.now() - started);
    this.#timer = setTimeout(() => this.#ask(), Math.max(left, 500));
  }

  // Gives what went wrong, if anything did.
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
          wasRefused ? "This token is not accepted." : "The metrics ask for a bearer token.",
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
    // Not the clock, which may be set while the page is open.
    this.#model.update(text, (performance.timeOrigin + performance.now()) / 1000);
    this.#view ??= new View(this.#model);
    this.#view.render();
    // Until it is painted, for those who measure it.
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

// The page is at `…/live`, the metrics are at `…`, which may have ended with a slash.
function metricsAddresses() {
  const path = location.pathname.replace(/\/live\/*$/, "");
  return path === "" ? ["/"] : [path, `${path}/`];
}

function problem(status) {
  const causes = {
    403: "this address may not read the metrics",
    404: "there are no metrics beside this page",
    503: "the application is busy with other scrapes",
  };
  return `The answer is ${status}${causes[status] ? `: ${causes[status]}` : ""}. Trying again`;
}

function explain(error) {
  if (error.name === "AbortError") return "No answer in time. Trying again";
  if (error.name === "TypeError") return "The application cannot be reached. Trying again";
  // A fault of this page, which its console should show.
  console.error(error);
  return `The metrics cannot be shown: ${error.message}`;
}

function setStatus(state, text) {
  const status = find("#status");
  status.dataset.state = state;
  setText(status, text);
}

new Page();
