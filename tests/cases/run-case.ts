import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { formatError } from "../../core/errors/format.ts";
import { openSession } from "../../core/run/session.ts";
import { builtins } from "../../plugins/index.ts";

/** The compiled command line; cases that run it need a build. */
export const commandLine: string = fileURLToPath(new URL("../../dist/core/cli/index.js", import.meta.url));

/** Absolute paths in messages begin with it; expected texts hold for every folder. */
const repository: string = fileURLToPath(new URL("../../", import.meta.url));

/** What a case's `case.json` may say; without one the pipeline is validated in process. */
export interface CaseSettings {
  readonly run?: "validate" | "plan" | "cli";
  /** `--set` arguments, for `validate` and `plan`. */
  readonly set?: readonly string[];
  /** For `cli`: what is compared; `stderr` unless given. */
  readonly stream?: "stdout" | "stderr";
  /** For `cli`; `{file}`, `{folder}` and `{store}` stand for the pipeline file, its folder and an empty store. */
  readonly args?: readonly string[];
  /** Environment variables, for `cli`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Exit code that `cli` should end with; 2 unless given. */
  readonly exit?: number;
  /** For `cli`: only the error is compared; what a run says before it, such as its id, is never the same. */
  readonly errorOnly?: boolean;
}

export async function readSettings(folder: string): Promise<CaseSettings> {
  const json = await readFile(join(folder, "case.json"), "utf8").catch(() => "{}");
  return JSON.parse(json) as CaseSettings;
}

async function inProcess(file: string, { run, set = [] }: CaseSettings, storeDir: string): Promise<string> {
  try {
    const session = await openSession({ file, set, storeDir, builtins: [builtins] });
    await (run === "plan" ? session.plan() : session.check());
    return "no error";
  } catch (error) {
    return formatError(error, { color: false });
  }
}

async function onCommandLine(file: string, settings: CaseSettings, store: string): Promise<string> {
  const { args = [], env = {}, exit = 2, errorOnly = false, stream = "stderr" } = settings;
  const filled = args.map((arg) =>
    arg.replace("{file}", file).replace("{folder}", dirname(file)).replace("{store}", store),
  );
  const child = spawn(process.execPath, [commandLine, ...filled], {
    stdio: ["ignore", stream === "stdout" ? "pipe" : "ignore", stream === "stderr" ? "pipe" : "inherit"],
    env: { ...process.env, NO_COLOR: "1", ...env },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const source = child[stream];
  const [printed, code] = await Promise.all([source === null ? "" : text(source), ended]);
  const shown = errorOnly ? printed.slice(Math.max(0, printed.search(/^KDF_/m))) : printed;
  return code === exit ? shown : `${shown}\nexit code ${code}, not ${exit}`;
}

/** Runs the pipeline of a case and returns the error text as a person sees it. */
export async function runCase(folder: string, settings: CaseSettings): Promise<string> {
  const store = await mkdtemp(join(tmpdir(), "kdflow-case-"));
  const file = join(folder, "pipeline.yaml");
  try {
    const run = settings.run === "cli" ? onCommandLine : inProcess;
    const printed = await run(file, settings, store);
    return printed.replaceAll(store, "<store>").replaceAll(repository, "").trimEnd();
  } finally {
    await rm(store, { recursive: true, force: true });
  }
}
