import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type BackendProbe, makeFolder, type ProvisionRequest, type ProvisionResult } from "../../../core/index.ts";
import { cacheProblem } from "../../backends/native/cache-problem.ts";
import { npm } from "../../backends/native/npm.ts";
import { lastWords, runCommand } from "../../backends/native/run-command.ts";
import { findOnnxRuntime, onnxFolder, onnxPackage, onnxRuntimeVersion } from "./onnx-runtime.ts";

/** Whether ONNX Runtime is installed; it is not loaded. */
export async function probeOnnx(): Promise<BackendProbe> {
  const found = await findOnnxRuntime();
  if (found === undefined) return { available: false, reason: `the package ${onnxPackage} is not installed` };
  return { available: true, detail: `ONNX Runtime ${found.version} in ${found.folder}` };
}

/**
 * Fetches onnxruntime-node into kdflow's cache folder where it is missing or does not load. Its own install script,
 * which downloads libraries for GPUs, is not run. Never throws, and leaves nothing half done.
 */
export async function provisionOnnx({ log, force, signal }: ProvisionRequest): Promise<ProvisionResult> {
  try {
    const found = force ? undefined : await findOnnxRuntime();
    const problem = found === undefined ? undefined : await loadProblem(found.folder, signal);
    if (found !== undefined && problem === undefined) {
      return { ok: true, detail: `ONNX Runtime ${found.version} in ${found.folder}` };
    }
    if (problem !== undefined) log(`an installation is there, but does not load: ${problem}`);
    return await install(log, signal);
  } catch (error) {
    if (signal.aborted) return { ok: false, reason: "interrupted; nothing half-built is kept" };
    return { ok: false, reason: cacheProblem(error, onnxFolder()) };
  }
}

async function install(log: ProvisionRequest["log"], signal: AbortSignal): Promise<ProvisionResult> {
  const target = onnxFolder();
  await makeFolder(dirname(target));
  const folder = await mkdtemp(join(dirname(target), ".setup-onnx-"));
  try {
    log(`installing ${onnxPackage} ${onnxRuntimeVersion} with npm`);
    await writeFile(join(folder, "package.json"), JSON.stringify({ name: "kdflow-onnx", private: true }));
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", folder];
    const result = await npm(["install", ...flags, `${onnxPackage}@${onnxRuntimeVersion}`], folder, signal);
    if (!result.ok) {
      const reason = result.missing ? "npm is missing" : `npm could not install: ${lastWords(result.output)}`;
      return { ok: false, reason };
    }
    const problem = await loadProblem(join(folder, "node_modules", onnxPackage), signal);
    if (problem !== undefined) return { ok: false, reason: `it does not load: ${problem}` };
    await rm(target, { recursive: true, force: true });
    await rename(folder, target);
    return { ok: true, detail: `ONNX Runtime ${onnxRuntimeVersion} in ${join(target, "node_modules", onnxPackage)}` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Loads it in a process of its own, so that a crash is only a failed test; `undefined` where it works. */
async function loadProblem(folder: string, signal: AbortSignal): Promise<string | undefined> {
  const script = 'const ort = require(process.argv[1]); console.log(typeof ort.InferenceSession.create, "loaded");';
  const result = await runCommand(process.execPath, ["-e", script, folder], { signal });
  return result.ok && result.output.includes("loaded") ? undefined : lastWords(result.output) || "its process died";
}
