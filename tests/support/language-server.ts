import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** What an editor underlines. */
export interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
}

interface Waiting {
  resolve(result: unknown): void;
  reject(reason: Error): void;
}

const executable = fileURLToPath(
  new URL("../../node_modules/yaml-language-server/bin/yaml-language-server", import.meta.url),
);

/** yaml-language-server as editors start it, spoken to in JSON-RPC over its standard input and output. */
export class LanguageServer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, Waiting>();
  #received: Buffer = Buffer.alloc(0);
  readonly #diagnosed: ((uri: string, found: readonly Diagnostic[]) => void)[] = [];
  #lastId = 0;

  constructor() {
    this.#process = spawn(process.execPath, [executable, "--stdio"]);
    this.#process.stdout.on("data", (bytes: Buffer) => this.#receive(bytes));
    this.#process.on("exit", (code) => this.#fail(new Error(`the language server ended with ${code}`)));
  }

  request(method: string, params: unknown): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#send({ id, method, params });
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  notify(method: string, params: unknown): void {
    this.#send({ method, params });
  }

  /** What is underlined in a document, once something is. */
  diagnostics(document: string): Promise<readonly Diagnostic[]> {
    return new Promise((resolve) => {
      this.#diagnosed.push((uri, found) => {
        if (uri === document && found.length > 0) resolve(found);
      });
    });
  }

  close(): void {
    this.#process.removeAllListeners("exit");
    this.#process.kill();
  }

  #send(message: Message): void {
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
    this.#process.stdin.write(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
  }

  #fail(reason: Error): void {
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }

  #receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    for (;;) {
      const end = this.#received.indexOf("\r\n\r\n");
      const length = Number(/Content-Length: (\d+)/i.exec(this.#received.toString("latin1", 0, Math.max(end, 0)))?.[1]);
      if (end < 0 || this.#received.length < end + 4 + length) return;
      const body = this.#received.toString("utf8", end + 4, end + 4 + length);
      this.#received = this.#received.subarray(end + 4 + length);
      this.#answer(JSON.parse(body) as Message);
    }
  }

  #answer({ id, method, params, result, error }: Message): void {
    if (method !== undefined) {
      if (method === "textDocument/publishDiagnostics") {
        const { uri, diagnostics } = params as { readonly uri: string; readonly diagnostics: readonly Diagnostic[] };
        for (const take of this.#diagnosed) take(uri, diagnostics);
      }
      // what the server asks has no settings of ours for an answer
      const items = (params as { items?: readonly unknown[] } | undefined)?.items;
      if (id !== undefined) this.#send({ id, result: items?.map(() => null) ?? null });
      return;
    }
    const waiting = this.#waiting.get(Number(id));
    this.#waiting.delete(Number(id));
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error.message));
  }
}
