// What people see and do in the window itself; `page` gives the page once it is there.
module.exports = (page) => {
  const inEditor = (text) => page().locator(".editor-instance .view-lines .view-line", { hasText: text }).first();
  const lens = (text) => page().locator(".codelens-decoration a", { hasText: text }).first();
  const picker = () => page().locator(".quick-input-widget:visible");

  const open = async (name) => {
    await page().keyboard.press("Control+p");
    await picker().locator("input").fill(name);
    await picker().locator(".monaco-list-row.focused", { hasText: name }).waitFor();
    await page().keyboard.press("Enter");
    await page().locator(".editor-group-container.active .tab.active", { hasText: name }).waitFor();
    await page().locator(".editor-group-container.active .view-line").first().waitFor();
  };
  const command = async (title) => {
    await page().keyboard.press("F1");
    await picker().locator("input").fill(`>${title}`);
    await picker().locator(".monaco-list-row", { hasText: title }).first().click();
  };

  return { command, inEditor, lens, open, picker };
};
