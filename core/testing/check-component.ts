import { familyUse } from "../../plugins/index.ts";
import { freezeDeep } from "../config/freeze.ts";
import type { CreateContext } from "../plugins/context.ts";
import type { Provider } from "../plugins/provider.ts";
import { ContractError } from "./contract-error.ts";
import { namingProblems, repeatProblems } from "./repeat-problems.ts";
import { createTestContext, type TestContextOptions } from "./test-context.ts";

export interface CheckComponentOptions extends TestContextOptions {
  /** Options as a pipeline would give them, defaults applied. */
  readonly options: object;
}

interface AnyComponentProvider {
  create(options: never, context: CreateContext): unknown;
}

/**
 * Checks a provider of a component: created twice from frozen options and one seed, and used as kdflow uses its family
 * (a backbone is built and answers, an optimizer updates a weight, …), it gives the same and leaves no tensor; an error
 * inside it names its plugin. Losses have {@link checkLoss} beside it.
 *
 * @throws ContractError
 */
export async function checkComponent(provider: Provider, { options, ...given }: CheckComponentOptions): Promise<void> {
  const use = await familyUse(provider.family);
  const frozen = freezeDeep(structuredClone(options)) as never;
  const create = (from: AnyComponentProvider, context: CreateContext): unknown => from.create(frozen, context);
  const problems = await repeatProblems(given.tf, async () => {
    const context = createTestContext(given);
    const component = await create(provider as AnyComponentProvider, context);
    return use?.(component as never, context, provider);
  });
  problems.push(...(await namingProblems(provider, create)));
  if (problems.length > 0) throw new ContractError(`${provider.family}/${provider.id}`, problems);
}
