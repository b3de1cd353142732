import { familyUse } from "../../plugins/index.ts";
import { freezeDeep } from "../config/freeze.ts";
import type { Provider } from "../plugins/provider.ts";
import { type CheckAbortOptions, checkAbort } from "./check-abort.ts";
import { ContractError } from "./contract-error.ts";
import { namingProblems, repeatProblems } from "./repeat-problems.ts";
import { type AnyStageProvider, openStageBench } from "./stage-bench.ts";

/**
 * Checks a provider of a stage: run twice with frozen options and one seed, in stores of their own, it stores the same
 * content, which opens and can be used as kdflow uses its family (pixels are rendered, a teacher is asked, …) with the
 * same outcome and no tensor left; an error inside it names its plugin. {@link checkAbort} is part of it.
 *
 * @throws ContractError
 */
export async function checkStage(provider: Provider, given: CheckAbortOptions): Promise<void> {
  const stage = provider as unknown as AnyStageProvider;
  const options = { ...given, options: freezeDeep(structuredClone(given.options)) };
  const use = await familyUse(provider.family);
  const problems = await repeatProblems(given.tf, async () => {
    const bench = await openStageBench(stage, options);
    try {
      return await bench.run(
        new AbortController().signal,
        () => undefined,
        use && ((value, context) => use(value, context, provider)),
      );
    } finally {
      await bench.remove();
    }
  });
  const run = (guarded: AnyStageProvider, broken: never): unknown =>
    guarded.run(options.options as never, options.inputs, broken);
  problems.push(...(await namingProblems(provider, run)));
  if (problems.length > 0) throw new ContractError(`${provider.family}/${provider.id}`, problems);
  await checkAbort(provider, options);
}
