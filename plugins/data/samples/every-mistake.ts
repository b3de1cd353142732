import { ConfigErrors, KdflowError } from "../../../core/index.ts";

/**
 * What all of them give, in their order; where several fail, all their mistakes are told at once.
 *
 * @throws ConfigErrors with every mistake; what is no mistake of the user's is thrown alone
 */
export async function everyMistake<Given, Result>(
  given: readonly Given[],
  find: (item: Given) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const mistakes: KdflowError[] = [];
  for (const item of given) {
    try {
      results.push(await find(item));
    } catch (error) {
      if (!(error instanceof KdflowError)) throw error;
      mistakes.push(...(error instanceof ConfigErrors ? error.problems : [error]));
    }
  }
  const [first, ...rest] = mistakes;
  if (first === undefined) return results;
  throw rest.length === 0 ? first : new ConfigErrors([first, ...rest]);
}
