/** What one stage of a plan will take; nothing where it is stored. */
export interface StageCost {
  readonly stage: string;
  readonly kind: string;
  readonly state: "run" | "reuse" | "depends";
  readonly seconds: number;
  /** On disk. */
  readonly bytes: number;
  readonly peakMemoryBytes: number;
  /** What its probe said of the network that it built, a detector's taps and anchors among it. */
  readonly notes?: readonly string[];
}

/** What a run of a pipeline will take. */
export interface PlanCost {
  readonly stages: readonly StageCost[];
  readonly seconds: number;
  readonly bytes: number;
  readonly peakMemoryBytes: number;
  /** What finding this out took. */
  readonly probeSeconds: number;
}

/** Stages run one after the other: their times and bytes add up, their memory does not. */
export function totalCost(stages: readonly StageCost[], probeSeconds: number): PlanCost {
  return {
    stages,
    seconds: stages.reduce((sum, { seconds }) => sum + seconds, 0),
    bytes: stages.reduce((sum, { bytes }) => sum + bytes, 0),
    peakMemoryBytes: Math.max(0, ...stages.map(({ peakMemoryBytes }) => peakMemoryBytes)),
    probeSeconds,
  };
}

/** The table that `kdflow plan --cost` prints, a line for each stage and one for all. */
export function costLines({ stages, probeSeconds, ...total }: PlanCost): readonly string[] {
  const rows = stages.map((stage) =>
    stage.state === "reuse" ? [stage.stage, "stored", "", ""] : [stage.stage, ...amounts(stage)],
  );
  const cells = [["stage", "time", "on disk", "memory"], ...rows, ["in all", ...amounts(total)]];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map(([name = "", ...others]) =>
    [name.padEnd(widths[0] ?? 0), ...others.map((cell, place) => cell.padStart(widths[place + 1] ?? 0))]
      .join("  ")
      .trimEnd(),
  );
  const notes = stages.flatMap((stage) =>
    (stage.notes ?? []).map((note) => `note: ${stage.stage}, on the probe's photos: ${note}`),
  );
  return [...lines, ...notes, `from a probe of ${timeWords(probeSeconds)} on this machine, as busy as it was`];
}

type Amounts = Pick<StageCost, "seconds" | "bytes" | "peakMemoryBytes">;

function amounts({ seconds, bytes, peakMemoryBytes }: Amounts): readonly string[] {
  return [timeWords(seconds), sizeWords(bytes), sizeWords(peakMemoryBytes)];
}

/** An estimate has no more digits than it deserves: `0.4 s`, `12 s`, `3 min`, `1 h 20 min`. */
export function timeWords(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `17 KB`, `2.3 MB`; 1 KB is 1000 bytes. */
export function sizeWords(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}
