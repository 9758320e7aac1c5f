// What tests inside the host share: conditions to wait for, and short ways to say where something is.
const PATIENCE = Number(process.env.VT_PATIENCE || 90_000); // ms; a bound for a hanging test on a busy machine, never a measure
const EXTENSION = "velocitytree.vt-lsp";

exports.forTests = (vscode, outside) => {
  const t = { EXTENSION, PATIENCE };

  /** Asks until the answer is truthy; gives it. `state` says what is there instead when time is up. */
  t.until = async (what, ask, state = () => "", patience = PATIENCE) => {
    const end = Date.now() + patience;
    for (;;) {
      const answer = await ask();
      if (answer) return answer;
      if (Date.now() > end) throw new Error(`waited in vain for ${what} ${JSON.stringify(await state()) ?? ""}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  t.folder = (number = 0) => vscode.workspace.workspaceFolders[number].uri;
  t.uri = (path, number = 0) => vscode.Uri.joinPath(t.folder(number), path);

  /** What the extension lets tests see, once it is active. */
  t.api = async () => {
    const extension = await t.until("the extension", () => vscode.extensions.getExtension(EXTENSION));
    return extension.activate();
  };

  /** Runs a command of the server and gives its answer, past the window. */
  t.ask = async (command, ...args) =>
    (await t.api()).client().sendRequest("workspace/executeCommand", { command, arguments: args });

  /** Opens a file in an editor of its own. */
  t.open = async (path, number = 0) => {
    const document = await vscode.workspace.openTextDocument(t.uri(path, number));
    const editor = await vscode.window.showTextDocument(document, { preview: false });
    return { document, editor, uri: document.uri };
  };

  /** The diagnostics of ours for a file, in the order of the file. */
  t.ours = (uri) =>
    vscode.languages
      .getDiagnostics(uri)
      .filter((one) => one.source === "vt-lsp")
      .sort((a, b) => a.range.start.compareTo(b.range.start));

  t.code = (diagnostic) => diagnostic.code?.value ?? diagnostic.code;
  t.codes = (uri) => t.ours(uri).map(t.code);

  /** Where a range is, as people say it: line:column-column or line:column-line:column, from 1. */
  t.place = ({ start, end }) =>
    `${start.line + 1}:${start.character + 1}-${end.line === start.line ? "" : `${end.line + 1}:`}${end.character + 1}`;

  /** Waits until a file shows exactly these codes; gives its diagnostics. */
  t.shows = (uri, codes) =>
    t.until(
      `${JSON.stringify(codes)} in ${uri.path}`,
      () => JSON.stringify(t.codes(uri)) === JSON.stringify(codes) && t.ours(uri),
      () => t.codes(uri),
    );

  /** The range of the first (or a later) occurrence of some text. */
  t.find = (document, text, from = 0) => {
    const start = document.getText().indexOf(text, from);
    if (start < 0) throw new Error(`no ${text} in ${document.fileName}`);
    return new vscode.Range(document.positionAt(start), document.positionAt(start + text.length));
  };

  /** Types as a user does: the text of a range becomes another. */
  t.replace = async ({ document, editor }, range, text) => {
    const shown = await vscode.window.showTextDocument(document, editor.viewColumn);
    if (!(await shown.edit((edit) => edit.replace(range, text)))) throw new Error("the edit was refused");
  };

  t.actions = async (uri, range) =>
    (await vscode.commands.executeCommand("vscode.executeCodeActionProvider", uri, range, "quickfix", 20)) ?? [];

  t.hover = async (uri, position) => {
    const hovers = await vscode.commands.executeCommand("vscode.executeHoverProvider", uri, position);
    return hovers.flatMap((hover) => hover.contents.map((content) => content.value ?? content)).join("\n\n");
  };

  t.target = (location) => ({
    path: (location.targetUri ?? location.uri).path,
    range: location.targetSelectionRange ?? location.targetRange ?? location.range,
  });

  /** Where the active editor is: its path and its line, from 1. */
  t.cursor = () => {
    const editor = vscode.window.activeTextEditor;
    return editor && { path: editor.document.uri.path, line: editor.selection.active.line + 1 };
  };

  /** Puts the cursor on a text and waits until the window says so. */
  t.stand = async ({ document, editor }, range) => {
    const shown = await vscode.window.showTextDocument(document, editor.viewColumn);
    shown.selection = new vscode.Selection(range.start, range.start);
    shown.revealRange(range);
    return shown;
  };

  /** The messages that wait for the user, with the list of messages open. */
  t.messages = async () => {
    await vscode.commands.executeCommand("notifications.showList");
    return outside.messages();
  };

  t.message = (text) =>
    t.until(`the message ${text}`, async () => (await t.messages()).find((one) => one.text.includes(text)), t.messages);

  return t;
};
