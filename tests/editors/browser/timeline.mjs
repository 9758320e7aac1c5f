// What a user sees of the timeline of decisions.
const dots = (nodes) => nodes.map((node) => { const box = node.getBoundingClientRect(); return [node.dataset.id, Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)]; });
const width = (node) => Number(node.getAttribute("width"));

export default async function look(page, shot) {
  const seen = { count: await page.textContent("#count") };
  seen.dots = await page.$$eval(".dot circle", (nodes) => nodes.map((node) => [Number(node.getAttribute("cx")), Number(node.getAttribute("cy"))]));
  seen.lanes = await page.$$eval("svg .lane", (nodes) => nodes.map((node) => node.textContent));
  seen.links = await page.$$eval("svg .link title", (nodes) => nodes.map((node) => node.textContent));
  await shot("timeline-light");
  await page.emulateMedia({ colorScheme: "dark" });
  await shot("timeline-dark");
  await page.emulateMedia({ colorScheme: "light" });
  if (!seen.dots.length) return seen;

  // Zoom keeps what is in the middle, and the names of the lanes in sight.
  seen.before = await page.$eval("#view svg", width);
  await page.click("#in");
  await page.keyboard.press("+");
  seen.zoomed = await page.$eval("#view svg", width);
  seen.scrolled = await page.$eval("#view", (view) => view.scrollLeft);
  const lane = await page.locator("svg .lane").first().boundingBox();
  const view = await page.locator("#view").boundingBox();
  seen.laneIsShown = lane.x >= view.x && lane.x + lane.width < view.x + view.width;
  await shot("timeline-zoomed");

  // A dot by its keys; a link leads to a decision that lies out of sight.
  await page.evaluate(() => document.querySelector(".dot[tabindex='0']").focus());
  await page.keyboard.press("Enter");
  seen.first = await page.textContent("#details h2");
  await page.keyboard.press("ArrowRight");
  seen.second = await page.textContent("#details h2");
  const from = seen.links.length ? await page.evaluate(() => entries.findLast((one) => one.links.length).id) : "";
  if (from) {
    await page.evaluate((id) => choose(id), from);
    await page.click("#details a");
    seen.target = await page.evaluate(() => document.querySelector(".dot.on").dataset.id);
    const [[, x]] = await page.$$eval(".dot.on", dots);
    seen.targetIsShown = x > view.x && x < view.x + view.width;
    await shot("timeline-chosen");
  }
  await page.keyboard.press("0");
  seen.fitted = await page.$eval("#view svg", width);

  // Filters.
  await page.keyboard.press("/");
  await page.keyboard.type("sqlite");
  seen.filtered = await page.textContent("#count");
  await page.fill("#text", "");
  await page.selectOption("#type", seen.lanes[0]);
  seen.lane = await page.$$eval("svg .lane", (nodes) => nodes.map((node) => node.textContent));
  return seen;
}
