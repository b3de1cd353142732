import { formatBytes } from "../../report/quantities.ts";
import { textTable } from "../../report/text-table.ts";
import type { Command } from "../command.ts";
import { openExistingStore } from "../existing-store.ts";

/** `kdflow cache ls`: the stored results with their sizes. */
export const command: Command = async (args, output) => {
  const store = await openExistingStore(args, output);
  const artifacts = await store.list();
  const sizes = await store.sizes();
  if (args.has("json")) {
    for (const { key, kind, provider, stage, bytes, digest } of artifacts) {
      output.event("artifact", { key, kind, provider, stage, bytes, digest });
    }
    output.event("storeSizes", sizes);
    return 0;
  }
  if (artifacts.length > 0) {
    const rows = artifacts.map(({ key, kind, provider, stage, bytes }) => [
      key.slice(0, 12),
      kind,
      provider,
      stage ?? "–",
      formatBytes(bytes),
    ]);
    const align = ["left", "left", "left", "left", "right"] as const;
    for (const line of textTable([["key", "kind", "provider", "stage", "size"], ...rows], align)) output.result(line);
  }
  output.say(
    `${artifacts.length} results, ${formatBytes(sizes.artifacts)}; checkpoints ${formatBytes(sizes.checkpoints)}; ` +
      `ends kept for more epochs ${formatBytes(sizes.trajectories)}; ` +
      `damaged ${formatBytes(sizes.damaged)}; in ${store.layout.root}`,
  );
  return 0;
};
