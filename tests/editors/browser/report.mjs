// What a user sees of the report.
const figures = () => Object.fromEntries([...document.querySelectorAll("[data-figure]")].map((node) => [node.dataset.figure, node.textContent]));

/** The colours of text and what lies behind it, as they are computed. */
const colours = () => {
  const body = getComputedStyle(document.body);
  const svg = document.querySelector("figure svg text");
  return { back: body.backgroundColor, fore: body.color, chart: svg ? getComputedStyle(svg).fill : "", theme: document.documentElement.dataset.theme };
};

export default async function look(page, shot, shots) {
  const seen = { title: await page.title() };
  seen.figures = await page.evaluate(figures);
  seen.headings = await page.$$eval("main h2", (nodes) => nodes.map((node) => node.textContent));
  seen.absent = await page.$$eval("[data-absent]", (nodes) => nodes.map((node) => [node.dataset.absent, node.textContent]));
  seen.charts = await page.$$eval("figure [role=img]", (nodes) => nodes.map((node) => node.getAttribute("aria-label")));
  seen.alerts = await page.$$eval("#alert-rows tbody tr", (rows) => rows.map((row) => row.textContent));
  seen.unnamed = await page.$$eval("input, select, button, a, [role=region]", (nodes) => nodes.filter((node) => !(node.getAttribute("aria-label") || node.textContent.trim() || node.closest("label"))).length);
  seen.wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  seen.light = await page.evaluate(colours);
  await shot("report-light", { fullPage: true });
  await shot("report");
  await page.evaluate(() => document.getElementById("progress").scrollIntoView({ block: "start" }));
  await shot("report-progress");
  await page.evaluate(() => scrollTo(0, 0));

  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  seen.dark = await page.evaluate(colours);
  await shot("report-dark", { fullPage: true });
  await page.click("#theme");
  seen.toggled = await page.evaluate(colours);
  await page.click("#theme");

  // Print: light whatever the screen is, and nothing that only a screen can do.
  await page.emulateMedia({ media: "print", colorScheme: "light" });
  seen.printed = await page.evaluate(() => Object.fromEntries(["header", "#filters", "#overview"].map((name) => [name, getComputedStyle(document.querySelector(name)).display])));
  seen.pdf = (await page.pdf({ path: `${shots}/report.pdf`, format: "A4", preferCSSPageSize: false })).length;
  await page.emulateMedia({ media: "screen", colorScheme: "light" });

  // The keyboard alone: the first stop leads past the navigation, "/" to the search.
  await page.reload();
  await page.keyboard.press("Tab");
  seen.firstStop = await page.evaluate(() => document.activeElement.textContent);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("/");
  seen.slash = await page.evaluate(() => document.activeElement.id);
  await page.keyboard.type("dry_run");
  await page.waitForFunction(() => document.getElementById("found").textContent);
  seen.found = await page.textContent("#found");
  seen.rows = await page.$$eval("#drift-rows tbody tr", (rows) => rows.map((row) => row.cells[0].textContent));
  await page.click("#clear");
  await page.waitForFunction(() => !document.getElementById("found").textContent);
  seen.cleared = await page.$$eval("#drift-rows tbody tr", (rows) => rows.length);
  const type = await page.$eval("#type option:nth-child(2)", (node) => node.value).catch(() => "");
  if (type) {
    await page.selectOption("#type", type);
    seen.byType = [type, await page.$$eval("#drift-rows tbody tr", (rows) => rows.map((row) => row.cells[1].textContent))];
    await page.selectOption("#type", "");
    await page.focus("#drift-rows thead th:nth-child(2) button");
    await page.keyboard.press("Enter");
    seen.sorted = await page.$$eval("#drift-rows tbody tr", (rows) => rows.map((row) => row.cells[1].textContent));
    seen.sort = await page.getAttribute("#drift-rows thead th:nth-child(2)", "aria-sort");
  }
  await page.setViewportSize({ width: 420, height: 800 });
  await page.waitForTimeout(400); // it draws anew 200 ms after the last change of size
  seen.narrow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  await shot("report-narrow", { fullPage: true });
  return seen;
}
