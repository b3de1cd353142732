import type { TeacherProvider } from "../plugins/provider.ts";
import type { Registry } from "../plugins/registry.ts";

/** A model on disk that is no layers model, and the provider of teachers that reads it. */
export interface ForeignModel {
  /** The provider's id. */
  readonly use: string;
  /** Options that name the file. */
  readonly options: Readonly<Record<string, string>>;
}

/**
 * Asks the providers of teachers whose file a path is.
 *
 * @returns `undefined` where none of them says so
 */
export async function foreignModel(path: string, registry: Registry): Promise<ForeignModel | undefined> {
  for (const use of registry.ids("teacher")) {
    const provider = (await registry.find("teacher", use)).provider as TeacherProvider<never>;
    const options = await provider.recognise?.(path);
    if (options !== undefined) return { use, options };
  }
  return undefined;
}
