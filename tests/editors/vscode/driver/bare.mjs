// A client with nothing around it, to compare with: how long the server itself needs to show the first drift.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { pathToFileURL } from "node:url";

/** Milliseconds from the start of the process to the first publish that is not empty. */
export async function firstDiagnostics(program, workspace, env) {
  const begin = performance.now();
  const isWanted = ({ method, params }) =>
    method === "textDocument/publishDiagnostics" && params.diagnostics.length > 0;
  await converse(program, workspace, env, isWanted);
  return performance.now() - begin;
}

/** The names of the commands that the server offers. */
export async function commandsOf(program, workspace, env) {
  const { result } = await converse(program, workspace, env, ({ id }) => id === 1);
  return result.capabilities.executeCommandProvider.commands;
}

/** Starts a server, talks to it until a message is wanted, gives that and ends the server. */
async function converse(program, workspace, env, isWanted) {
  const server = spawn(program, ["server"], { env, stdio: ["pipe", "pipe", "ignore"] });
  const send = (message) => {
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
    server.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
    server.stdin.write(body);
  };
  const workspaceFolders = [{ uri: pathToFileURL(workspace).href, name: "workspace" }];
  send({ id: 1, method: "initialize", params: { processId: process.pid, capabilities: {}, workspaceFolders } });
  try {
    for await (const message of messages(server.stdout)) {
      if (isWanted(message)) return message;
      if (message.id === 1) send({ method: "initialized", params: {} });
    }
    throw new Error("the server ended");
  } finally {
    const ended = once(server, "exit");
    server.kill();
    await ended;
  }
}

async function* messages(stream) {
  let data = Buffer.alloc(0);
  for await (const piece of stream) {
    data = Buffer.concat([data, piece]);
    for (;;) {
      const end = data.indexOf("\r\n\r\n");
      if (end < 0) break;
      const length = Number(/content-length: *(\d+)/i.exec(data.subarray(0, end).toString())[1]);
      if (data.length < end + 4 + length) break;
      const message = JSON.parse(data.subarray(end + 4, end + 4 + length));
      data = data.subarray(end + 4 + length);
      if (message.method && message.id !== undefined) continue; // a request of the server: none is needed here
      yield message;
    }
  }
}
