import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

export interface RivalCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A process that is measured: it gets lines on its stdin and answers with lines of JSON on its stdout. */
export class RivalProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  #errors = "";

  constructor({ program, args, env }: RivalCommand) {
    this.#child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr.on("data", (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString("utf8")).slice(-4096);
    });
    this.#child.on("error", (error) => {
      this.#errors += `\n${error.message}`;
    });
    // a rival that ended takes no more lines; `receive` tells why
    this.#child.stdin.on("error", () => undefined);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  send(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /**
   * The next message. Lines that are not JSON objects are what some library prints.
   *
   * @throws Error with the process's last words where it ended
   */
  async receive<T>(): Promise<T> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(this.#errors.trim().split("\n").at(-1) || "the process ended without a word");
      if (value.startsWith("{")) return JSON.parse(value) as T;
    }
  }

  /** Lets the process end, and waits for it. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.stdin.end();
    await ended;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}
