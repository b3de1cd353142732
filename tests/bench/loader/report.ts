import { markdownTable } from "../markdown-table.ts";
import { median } from "../statistics.ts";
import type { LoaderBenchOptions } from "./options.ts";
import type { EpochMeasure } from "./watch-training.ts";

/** What was measured for one input size of the network. */
export interface SizeMeasure {
  readonly inputSide: number;
  /** Images that the loader decodes each second while nothing else goes on. */
  readonly loaderAlone: number;
  /** The training on photos. */
  readonly epochs: readonly EpochMeasure[];
  /** The same training on photos that are all in memory: steps alone. */
  readonly inMemory: readonly EpochMeasure[];
}

/** One row for each input size, then the epochs of each. */
export function markdown(options: LoaderBenchOptions, cores: number, sizes: readonly SizeMeasure[]): string {
  const { images, side, batchSize, backbone, cache, workers } = options;
  const threads = `${workers} ${workers === 1 ? "thread decodes" : "threads decode"}, the step uses ${cores} cores`;
  const what = `${images} JPEGs of ${side} px, ${backbone}, batch ${batchSize}${cache ? ", packed" : ""}; ${threads}`;
  const summary = ["input", "loader alone", "step alone", "decoding / step", "training", "waiting"];
  const epochs = ["input", "epoch", "images/s", "waiting", "step", "reading", "rest", "RSS MiB", "load"];
  return [
    what,
    "",
    ...markdownTable(summary, sizes.map(summaryRow)),
    "",
    ...markdownTable(epochs, sizes.flatMap(epochRows)),
    "",
  ].join("\n");
}

function summaryRow({ inputSide, loaderAlone, epochs, inMemory }: SizeMeasure): readonly string[] {
  const stepAlone = median(settled(inMemory).map(({ imagesPerSecond }) => imagesPerSecond));
  const training = median(settled(epochs).map(({ imagesPerSecond }) => imagesPerSecond));
  const waiting = median(settled(epochs).map((epoch) => epoch.waiting));
  const rate = (value: number): string => `${value.toFixed(0)} images/s`;
  return [
    `${inputSide} px`,
    rate(loaderAlone),
    rate(stepAlone),
    (stepAlone / loaderAlone).toFixed(2),
    rate(training),
    percent(waiting),
  ];
}

/** All epochs but the first, in which the step is made. */
export function settled(epochs: readonly EpochMeasure[]): readonly EpochMeasure[] {
  return epochs.length > 1 ? epochs.slice(1) : epochs;
}

function epochRows({ inputSide, epochs }: SizeMeasure): readonly (readonly string[])[] {
  return epochs.map((each) => [
    `${inputSide} px`,
    String(each.epoch),
    each.imagesPerSecond.toFixed(0),
    percent(each.waiting),
    percent(each.step),
    percent(each.reading),
    percent(each.rest),
    String(each.rssMib),
    each.load.toFixed(1),
  ]);
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
