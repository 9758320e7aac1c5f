// What the runner inside an extension host talks to: it fetches the tests, reports results, and asks for the window around it.
import { once } from "node:events";
import http from "node:http";

export class Bridge {
  static async start() {
    const bridge = new Bridge();
    bridge.tests = []; // for each window to come: what it runs
    bridge.handlers = {};
    bridge.server = http.createServer((request, response) => void bridge.#answer(request, response));
    bridge.server.listen(0, "127.0.0.1");
    await once(bridge.server, "listening");
    bridge.url = `http://127.0.0.1:${bridge.server.address().port}`;
    return bridge;
  }

  /** Says what the next window runs; gives a promise of the end. `calls` are what its tests may ask of this process. */
  expect(file, part, calls, report) {
    return new Promise((resolve) => {
      const name = `window${this.tests.length}`;
      this.tests.push({ name, file, part, taken: false });
      this.handlers[name] = { ...calls, report, done: resolve };
    });
  }

  async #answer(request, response) {
    let body = "";
    for await (const piece of request) body += piece;
    let answer;
    try {
      const { window, method, args } = JSON.parse(body);
      if (method === "begin") {
        const next = this.tests.find((one) => !one.taken) ?? null;
        if (next) next.taken = true;
        answer = { result: next };
      } else {
        answer = { result: (await this.handlers[window][method](...args)) ?? null };
      }
    } catch (error) {
      answer = { error: String(error.stack ?? error) };
    }
    response.end(JSON.stringify(answer));
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
