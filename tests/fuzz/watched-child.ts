import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** One broken file to read. */
export interface FuzzOrder {
  readonly format: string;
  readonly seed: number;
  /** Which of the mutations; -1 for the whole files. */
  readonly number: number;
  /** Where the files are written. */
  readonly folder: string;
}

/** What came of it: `read`, an error's code, `bug`; or, as the parent sees it, `died` or `hangs`. */
export interface FuzzAnswer {
  readonly outcome: string;
  readonly problem?: string;
  readonly residentBytes?: number;
}

const typescript = join(import.meta.dirname, "../../scripts/run-typescript.mjs");
/** Of V8's heap; what lies outside it is watched by `mostBytes`. */
const heapMegabytes = 512;
const mostBytes = 1.5 * 2 ** 30;
/** No small file takes that long, not even on a machine that does much else. */
const longestMs = 60_000;

/** A process of its own that reads broken files: one that dies, hangs or swells takes nothing else with it. */
export class WatchedChild {
  #child: ChildProcess | undefined;

  async ask(order: FuzzOrder): Promise<FuzzAnswer> {
    this.#child ??= fork(join(import.meta.dirname, "child.ts"), {
      execArgv: ["--import", typescript, `--max-old-space-size=${heapMegabytes}`],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const child = this.#child;
    let said = "";
    const listen = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-2000);
    };
    child.stderr?.on("data", listen);
    const timer = new AbortController();
    const late = setTimeout(() => timer.abort(), longestMs);
    try {
      child.send(order);
      const [answer] = (await Promise.race([
        once(child, "message", { signal: timer.signal }),
        once(child, "exit", { signal: timer.signal }).then(() => [{ outcome: "died", problem: said }]),
      ])) as [FuzzAnswer];
      if (answer.outcome === "died") this.#child = undefined;
      const { residentBytes = 0 } = answer;
      if (residentBytes > mostBytes) return { outcome: "swells", problem: `it takes ${residentBytes} bytes` };
      return answer;
    } catch {
      this.close();
      return { outcome: "hangs", problem: `no answer after ${longestMs / 1000} s` };
    } finally {
      clearTimeout(late);
      timer.abort();
      child.stderr?.off("data", listen);
    }
  }

  close(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }
}
