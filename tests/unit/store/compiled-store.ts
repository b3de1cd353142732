import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import ts from "typescript";
import { afterAll, beforeAll } from "vitest";

const repository = join(import.meta.dirname, "../../..");

/** Compiles the store, file by file, so that plain Node processes can use it. Returns the path of its entry. */
async function compileStore(folder: string): Promise<string> {
  for (const part of ["core/store", "core/errors"]) {
    await mkdir(join(folder, part), { recursive: true });
    for (const name of await readdir(join(repository, part))) {
      const source = await readFile(join(repository, part, name), "utf8");
      const { outputText } = ts.transpileModule(source, {
        compilerOptions: {
          module: ts.ModuleKind.ESNext,
          target: ts.ScriptTarget.ES2023,
          verbatimModuleSyntax: true,
          rewriteRelativeImportExtensions: true,
        },
      });
      await writeFile(join(folder, part, name.replace(/\.ts$/, ".js")), outputText);
    }
  }
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  return join(folder, "core/store/store.js");
}

/** Compiles the store for the tests of a file, before the first, and removes it after the last. */
export function useCompiledStore(): { readonly entry: string } {
  const compiled = { folder: "", entry: "" };
  beforeAll(async () => {
    compiled.folder = await mkdtemp(join(tmpdir(), "kdflow-compiled-"));
    compiled.entry = await compileStore(compiled.folder);
  });
  afterAll(() => rm(compiled.folder, { recursive: true, force: true }));
  return compiled;
}

/** A Node process that uses the store, and the lines that it prints. */
export class StoreProcess {
  readonly process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  constructor(script: string, args: readonly string[]) {
    const path = join(import.meta.dirname, "children", script);
    this.process = spawn(process.execPath, [path, ...args], { stdio: ["pipe", "pipe", "inherit"] });
    this.#ended = once(this.process, "exit");
    const { stdout } = this.process;
    if (stdout === null) throw new Error("no stdout");
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** The next line, or `undefined` at the end. */
  async line(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : value;
  }

  say(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.#ended;
  }

  async end(): Promise<void> {
    this.process.stdin?.end();
    await this.#ended;
  }
}
