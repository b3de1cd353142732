import { KdflowError, type ProviderUse, type StageContext } from "../../../core/index.ts";
import type { EmitterTable } from "./emitter.ts";

/** What a provider of the family `emitters` makes: emitters by kernel, for each format that it knows. */
export interface FormatEmitters {
  readonly onnx?: EmitterTable;
}

/**
 * The emitters that an export names, as one table; the later of two counts.
 *
 * @throws KDF_PLUGIN_PROVIDER where a provider makes no table of functions
 */
export async function pluginEmitters(
  uses: readonly ProviderUse[],
  context: Pick<StageContext, "provider">,
): Promise<EmitterTable> {
  const tables = await Promise.all(
    uses.map(async (use) => {
      const { onnx } = ((await context.provider("emitters", use)) ?? {}) as { readonly onnx?: unknown };
      if (isTable(onnx)) return onnx;
      throw new KdflowError("KDF_PLUGIN_PROVIDER", `emitters/${use.use} gives no emitters of ONNX`, {
        hint: "its `create` returns `{ onnx: { Kernel: (node, onnx) => … } }`",
      });
    }),
  );
  return Object.assign({}, ...tables) as EmitterTable;
}

function isTable(value: unknown): value is EmitterTable {
  return (
    typeof value === "object" && value !== null && Object.values(value).every((each) => typeof each === "function")
  );
}
