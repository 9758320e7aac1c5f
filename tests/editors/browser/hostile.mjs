// Whatever people wrote stands on the page as text.
export default async function look(page) {
  return {
    images: await page.$$eval("img", (nodes) => nodes.length),
    scripts: await page.$$eval("script", (nodes) => nodes.length),
    name: await page.textContent("#name"),
    list: await page.textContent("#lists"),
    decision: await page.textContent("#decision-rows"),
  };
}
