import { rm, statfs } from "node:fs/promises";
import type { ProvisionRequest, ProvisionResult } from "../../../core/index.ts";
import { openBuildFolder, publish } from "./build-folder.ts";
import { findNative, type NativeMarker, nativeFolder, packageIn, tfjsNodeVersion } from "./cache.ts";
import { cacheProblem } from "./cache-problem.ts";
import { compileAddon } from "./compile-addon.ts";
import { installPackages, runInstallScript } from "./npm.ts";
import { findProgram, lastWords, runCommand } from "./run-command.ts";
import { smokeTest } from "./smoke-test.ts";
import { downloadWheel, unpackWheel } from "./wheel.ts";

/** What the largest moment of a build takes: packages, wheel and unpacked libraries. */
const neededBytes = 2_000_000_000;

const interrupted: ProvisionResult = { ok: false, reason: "interrupted; nothing half-built is kept" };

type Attempt = { readonly marker: NativeMarker } | { readonly reason: string };

/**
 * Makes the native backend work: keeps what works already; else builds the addon against the libraries of the
 * TensorFlow wheel (Linux x64); else lets the package download its own. It is built in a folder beside the cache's
 * and moved there as one. Never throws.
 */
export async function provisionNative(request: ProvisionRequest): Promise<ProvisionResult> {
  try {
    const result = (request.force ? undefined : await existing(request)) ?? (await build(request));
    return !result.ok && request.signal.aborted ? interrupted : result;
  } catch (error) {
    return request.signal.aborted ? interrupted : { ok: false, reason: cacheProblem(error, nativeFolder()) };
  }
}

async function existing({ log, signal }: ProvisionRequest): Promise<ProvisionResult | undefined> {
  const install = await findNative();
  if (install === undefined) return undefined;
  const tried = await smokeTest(install.packageFolder, signal);
  if ("tensorflow" in tried) return done(tried.tensorflow, install.packageFolder);
  log(`an installation is there, but ${tried.reason}`);
  return undefined;
}

async function build(request: ProvisionRequest): Promise<ProvisionResult> {
  const target = nativeFolder();
  const folder = await openBuildFolder(target);
  try {
    const space = await statfs(folder);
    if (space.bavail * space.bsize < neededBytes) {
      return { ok: false, reason: `no space: ${target} needs 2 GB free (set KDFLOW_CACHE to another place)` };
    }
    const attempt = await attemptBuild(folder, request);
    if ("reason" in attempt) return { ok: false, reason: attempt.reason };
    await publish(folder, target, attempt.marker);
    return done(attempt.marker.tensorflow, packageIn(target));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function attemptBuild(folder: string, request: ProvisionRequest): Promise<Attempt> {
  const { log, signal } = request;
  const tools = await wheelTools(signal);
  log(`installing @tensorflow/tfjs-node ${tfjsNodeVersion} with npm`);
  const installed = await installPackages(folder, signal);
  if (!installed.ok) {
    const reason = installed.missing ? "npm is missing" : `npm could not install: ${lastWords(installed.output)}`;
    return { reason: "reason" in tools ? `${reason}; ${tools.reason}` : reason };
  }
  const fromWheel = "reason" in tools ? tools : await fromTensorflowWheel(folder, tools, request);
  if ("marker" in fromWheel || signal.aborted) return fromWheel;
  log(`not from the TensorFlow wheel: ${fromWheel.reason}`);
  const fromPackage = await fromOwnDownload(folder, request);
  if ("marker" in fromPackage) return fromPackage;
  return { reason: `${fromWheel.reason}; ${fromPackage.reason}` };
}

interface Tools {
  readonly python: string;
  readonly compiler: string;
}

/** The tools for building from the wheel, or all that is missing for it. */
async function wheelTools(signal: AbortSignal): Promise<Tools | { readonly reason: string }> {
  const { platform, arch } = process;
  if (platform !== "linux" || arch !== "x64") return { reason: `no TensorFlow wheel is used on ${platform} ${arch}` };
  if (!usesGlibc()) return { reason: "the TensorFlow wheel needs glibc, which this Linux does not use" };
  const python = await findProgram(["python3", "python"], signal);
  const pip = python !== undefined && (await runCommand(python, ["-m", "pip", "--version"], { signal })).ok;
  const compiler = await findProgram([process.env["CXX"], "g++", "clang++", "c++"], signal);
  if (python !== undefined && pip && compiler !== undefined) return { python, compiler };
  const missing = [
    ...(python === undefined ? ["python3 with pip"] : pip ? [] : ["pip for python3"]),
    ...(compiler === undefined ? ["a C++ compiler such as g++"] : []),
  ];
  return { reason: `missing on this machine: ${missing.join(", ")}` };
}

function usesGlibc(): boolean {
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime !== undefined;
}

async function fromTensorflowWheel(folder: string, tools: Tools, request: ProvisionRequest): Promise<Attempt> {
  const { log, signal } = request;
  const wheelRequest = { python: tools.python, scratch: folder, signal };
  log("downloading the TensorFlow library with pip (270 MB)");
  const wheel = await downloadWheel(wheelRequest);
  if ("reason" in wheel) return wheel;
  log("unpacking the TensorFlow library");
  const packageFolder = packageIn(folder);
  const unpacked = await unpackWheel(wheel.path, packageFolder, wheelRequest);
  if (unpacked !== undefined) return { reason: unpacked };
  log(`compiling the addon with ${tools.compiler}`);
  const compiled = await compileAddon({ root: folder, packageFolder, compiler: tools.compiler, signal });
  if (compiled !== undefined) return { reason: compiled };
  return tested(folder, "wheel", request);
}

async function fromOwnDownload(folder: string, request: ProvisionRequest): Promise<Attempt> {
  request.log("running the package's own install script");
  const result = await runInstallScript(folder, request.signal);
  if (!result.ok) return { reason: `the package's own install script failed: ${lastWords(result.output)}` };
  return tested(folder, "package", request);
}

async function tested(folder: string, from: NativeMarker["from"], { log, signal }: ProvisionRequest): Promise<Attempt> {
  log("testing it");
  for (const scratch of ["wheel", "pip"]) await rm(`${folder}/${scratch}`, { recursive: true, force: true });
  const tried = await smokeTest(packageIn(folder), signal);
  return "reason" in tried ? tried : { marker: { tfjsNode: tfjsNodeVersion, tensorflow: tried.tensorflow, from } };
}

function done(version: string, folder: string): ProvisionResult {
  return { ok: true, detail: `TensorFlow ${version} in ${folder}` };
}
