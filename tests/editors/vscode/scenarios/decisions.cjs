// Decisions in the window itself: recorded by two short answers, met again on hover and in a lens, warned about, shown by time.
const assert = require("node:assert/strict");
const windowOf = require("../driver/window.cjs");

exports.setup = (box) => {
  box.installServer();
  box.example("home/projects/ordersvc");
  return { settings: { "editor.hover.delay": 200, "breadcrumbs.enabled": false, "editor.wordWrap": "on" } };
};

exports.isJourney = true;

exports.outside = ({ box, code, shot, until }) => {
  let window, page;
  const { command, inEditor, lens, open, picker } = windowOf(() => page);
  const rows = () => picker().locator(".monaco-list-row");
  const toast = (text) => page.locator(".notifications-toasts .notification-list-item", { hasText: text }).first();
  const answer = async (question, text, picture) => {
    await picker().filter({ hasText: question }).locator("input").fill(text);
    if (picture) await shot(window, picture);
    await page.keyboard.press("Enter");
  };
  const record = async (outcome, why) => {
    await command("Record Decision");
    await answer("What was decided?", outcome, why && "decision-asked");
    await answer("Why? (may be empty)", why);
  };
  const inPage = (text) => page.frameLocator("iframe.webview.ready").last().frameLocator("#active-frame").getByText(text).first();
  const clear = () => command("Notifications: Clear All Notifications");

  return {
    async "a decision about a symbol takes two short answers"() {
      window = await code.open(`${box.home}/projects/ordersvc`);
      page = window.page;
      await page.locator(".explorer-folders-view .monaco-list-row", { hasText: "README.md" }).waitFor();
      await open("book.py");
      await page.locator(".squiggly-info").first().waitFor();
      await inEditor("def place").click({ position: { x: 90, y: 8 } });
      await page.keyboard.press("Home");
      await page.keyboard.press("ArrowRight");
      await record("Queue orders at night", "The exchange is closed then");
      await toast("Recorded: Queue orders at night").waitFor();
    },

    async "a lens counts it, and a hover shows it with the reason"() {
      await clear();
      await lens("1 decision").waitFor();
      const at = await inEditor("def place").locator("span", { hasText: "place" }).last().boundingBox();
      await until("the hover", async () => {
        await page.mouse.move(640, 780);
        await page.mouse.move(at.x + at.width / 2, at.y + at.height / 2, { steps: 4 });
        const hover = page.locator(".monaco-hover:not(.hidden)", { hasText: "Decided before" });
        return hover.first().waitFor({ timeout: 5000 }).then(() => true, () => false);
      });
      const text = await page.locator(".monaco-hover:not(.hidden)", { hasText: "Decided before" }).first().innerText();
      assert.match(text, /Queue orders at night/);
      assert.match(text, /same symbol ordersvc\.book\.OrderBook\.place/);
      await shot(window, "decision-hover");
      await page.locator(".monaco-hover a", { hasText: "Queue orders" }).first().click();
      await page.locator(".tab.active", { hasText: "vt-lsp: Decision" }).waitFor();
      await inPage("The exchange is closed then").waitFor();
      await shot(window, "decision-page");
    },

    async "what contradicts a standing decision is asked about before it is recorded"() {
      await open("design.md");
      await record("Use PostgreSQL for orders", "");
      await toast("Recorded: Use PostgreSQL").waitFor();
      await clear();
      await record("Use MongoDB for orders", "");
      const question = page.locator(".monaco-dialog-box", { hasText: "This contradicts 1 standing decision" });
      await question.waitFor();
      await shot(window, "decision-contradiction");
      await question.locator(".monaco-button", { hasText: "Record Both" }).click();
      await toast("Recorded: Use MongoDB").waitFor();
      await clear();
      await command("Show Conflicts of Decisions");
      await page.locator(".tab.active", { hasText: "vt-lsp: Conflicts" }).waitFor();
      await inPage("1 conflict among").waitFor();
      await shot(window, "decision-conflicts");
    },

    async "a conflict is settled by choosing"() {
      await command("Reconcile Decisions");
      await rows().filter({ hasText: "MongoDB" }).first().click();
      await picker().filter({ hasText: "How?" }).waitFor();
      await shot(window, "decision-ways");
      await rows().filter({ hasText: "Supersede" }).first().click();
      await answer("Why? (may be empty)", "one store is enough");
      await toast("Settled:").waitFor();
      await clear();
    },

    async "all decisions are found by typing, and drawn by time"() {
      await command("Search Decisions");
      await rows().filter({ hasText: "Queue orders" }).first().waitFor();
      await shot(window, "decision-search");
      await page.keyboard.press("Escape");
      await command("Show Timeline of Decisions");
      await page.locator(".tab.active", { hasText: "vt-lsp: Decisions by Time" }).waitFor();
      const drawn = page.frameLocator("iframe.webview.ready").last().frameLocator("#active-frame").locator("svg text");
      await drawn.first().waitFor();
      await shot(window, "decision-timeline");
    },
  };
};
