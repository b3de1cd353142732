import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { KdflowError } from "../../errors/kdflow-error.ts";
import type { ProviderOf, ProviderRuntime } from "../../plugins/provider.ts";
import { formatBytes } from "../../report/quantities.ts";
import { textTable } from "../../report/text-table.ts";
import { runtimeCacheFolder } from "../../tensors/runtime-cache.ts";
import { builtinPlugins, builtinRegistry, wantedBackends } from "../builtins.ts";
import type { Command } from "../command.ts";
import { providerRuntimes } from "../provider-runtimes.ts";
import { storeFolder } from "../store-folder.ts";
import { toolVersions } from "../tool-versions.ts";
import { type BackendTrial, tryBackend } from "../try-backend.ts";
import { readVersion } from "../version.ts";

interface BackendReport {
  readonly id: string;
  readonly available: boolean;
  /** What the probe found, or why it found nothing. */
  readonly detail: string;
  /** What became of loading it; only the best available one, or the one asked for, is loaded. */
  readonly trial?: BackendTrial;
}

/** `kdflow doctor`: what is there, and whether the backend that would be taken really loads. */
export const command: Command = async (args, output) => {
  const store = storeFolder(args);
  const registry = await builtinRegistry();
  const reports = await examineBackends(await wantedBackends(args.value("backend"), registry));
  const runtimes = await examineRuntimes(await providerRuntimes(builtinPlugins, registry));
  const loaded = reports.find(({ trial }) => trial?.works === true);
  const facts = {
    kdflow: await readVersion(),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    tools: Object.fromEntries((await toolVersions()).map(({ tool, version }) => [tool, version ?? null])),
    cache: runtimeCacheFolder(),
    store,
    freeBytes: await freeBytes(store),
  };
  if (args.has("json")) {
    output.event("doctor", { ...facts, backends: reports, backend: loaded?.id ?? null, runtimes });
  } else {
    const { tools, cache, freeBytes: free } = facts;
    const lines = [
      ["kdflow", facts.kdflow],
      ["node", `${facts.node} (${facts.platform})`],
      ...Object.entries(tools).map(([tool, version]) => [tool, version ?? "not found"]),
      ["runtimes", cache],
      ["store", `${store}, ${free === undefined ? "space unknown" : `${formatBytes(free)} free`}`],
      ...reports.map((report) => [`backend ${report.id}`, backendText(report)]),
      ...runtimes.map(({ name, available, detail }) => [
        name,
        `${available ? "available" : "not available"}: ${detail}`,
      ]),
    ];
    for (const line of textTable(lines)) output.prose(line);
  }
  if (loaded !== undefined) return 0;
  throw new KdflowError("KDF_TENSORS_NO_BACKEND", "no tensor backend loads on this machine", {
    hint: "run `kdflow setup` and read what it prints",
  });
};

/** Probes all and loads the first available one that works. */
async function examineBackends(providers: readonly ProviderOf<"backends">[]): Promise<readonly BackendReport[]> {
  const reports: BackendReport[] = [];
  for (const provider of providers) {
    const { id } = provider;
    const probe = await provider.probe();
    if (!probe.available) reports.push({ id, available: false, detail: probe.reason });
    else if (reports.some(({ trial }) => trial?.works)) reports.push({ id, available: true, detail: probe.detail });
    else reports.push({ id, available: true, detail: probe.detail, trial: await tryBackend(id) });
  }
  return reports;
}

interface RuntimeReport {
  readonly name: string;
  readonly available: boolean;
  readonly detail: string;
}

/** What single providers need, such as ONNX Runtime; nothing of it is loaded. */
async function examineRuntimes(runtimes: readonly ProviderRuntime[]): Promise<readonly RuntimeReport[]> {
  return Promise.all(
    runtimes.map(async ({ name, probe }) => {
      const found = await probe();
      return { name, available: found.available, detail: found.available ? found.detail : found.reason };
    }),
  );
}

function backendText({ available, detail, trial }: BackendReport): string {
  if (!available) return `not available: ${detail}`;
  if (trial === undefined) return `available: ${detail}`;
  if (!trial.works) return `does not load: ${trial.reason}`;
  const told = detail.toLowerCase();
  const news = Object.entries(trial.details).filter(([name, value]) => !told.includes(`${name} ${value}`));
  return `loads: ${[detail, ...news.map(([name, value]) => `${name} ${value}`)].join(", ")}`;
}

/** Free space where the store is or would be. */
async function freeBytes(folder: string): Promise<number | undefined> {
  for (let path = folder; ; path = dirname(path)) {
    const found = await statfs(path).catch(() => undefined);
    if (found !== undefined) return found.bavail * found.bsize;
    if (path === dirname(path)) return undefined;
  }
}
