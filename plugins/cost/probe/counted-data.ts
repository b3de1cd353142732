import type { Dataset, LazyProvider, Plugin, Provider, ProviderOf, SplitName } from "../../../core/index.ts";

/** Samples of each split, and the larger side at which data are seen. */
export interface DataCounts extends Readonly<Record<SplitName, number>> {
  readonly side: number;
}

/**
 * The same plugins, but every provider of data tells how many samples it gives: what it made is opened once more, and
 * counted.
 *
 * @param tell takes the name of the stage and its counts
 */
export function countedData(
  plugins: readonly Plugin[],
  tell: (stage: string, counts: DataCounts) => void,
): readonly Plugin[] {
  return plugins.map((plugin) => ({
    ...plugin,
    providers: (plugin.providers ?? []).map((provider) => {
      if (provider.family !== "data") return provider;
      if (!isLazy(provider)) return counted(provider as ProviderOf<"data">, tell);
      return { ...provider, load: async () => counted((await provider.load()) as ProviderOf<"data">, tell) };
    }),
  }));
}

function isLazy(provider: Provider | LazyProvider): provider is LazyProvider {
  return "load" in provider;
}

function counted(provider: ProviderOf<"data">, tell: (stage: string, counts: DataCounts) => void): ProviderOf<"data"> {
  return {
    ...provider,
    async run(options, inputs, context) {
      await provider.run(options, inputs, context);
      const dataset = await provider.open({ directory: context.outputDir, digest: "" }, options, context);
      tell(context.stage, countsOf(dataset));
      await dataset.close?.();
    },
  };
}

function countsOf({ splits, imageSize }: Dataset): DataCounts {
  return {
    train: splits.train.count,
    validation: splits.validation.count,
    test: splits.test.count,
    side: Math.max(imageSize.height, imageSize.width),
  };
}
