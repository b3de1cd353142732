import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { runtimeCacheFolder } from "../../core/index.ts";
import { findProgram, lastWords, runCommand } from "../../plugins/backends/native/run-command.ts";

export type FoundTorch = { readonly python: string } | { readonly skipped: string };

/**
 * Looks for a Python that has PyTorch: `$KDFLOW_BENCH_PYTHON`, else one in kdflow's cache, which is made where it is
 * missing (a virtual environment and `pip install torch`).
 */
export async function findTorch(say: (text: string) => void): Promise<FoundTorch> {
  const { signal } = new AbortController();
  const hasTorch = async (python: string): Promise<boolean> =>
    (await runCommand(python, ["-c", "import torch"], { signal })).ok;
  const own = process.env["KDFLOW_BENCH_PYTHON"];
  if (own) return (await hasTorch(own)) ? { python: own } : { skipped: `no torch in ${own}` };
  const folder = join(runtimeCacheFolder(), "bench", "torch");
  const python = process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
  if (await hasTorch(python)) return { python };
  const system = await findProgram(["python3", "python"], signal);
  if (system === undefined) return { skipped: "no torch (no Python)" };
  say(`installing PyTorch into ${folder}, once`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", "torch"];
  for (const [program, args] of [
    [system, ["-m", "venv", folder]],
    [python, install],
  ] as const) {
    const result = await runCommand(program, args, { signal });
    if (result.ok) continue;
    await rm(folder, { recursive: true, force: true });
    say(`PyTorch cannot be installed: ${lastWords(result.output)}`);
    return { skipped: "no torch" };
  }
  return { python };
}
