import type { Outputs } from "../contracts/outputs.ts";
import type { RawOutput, Task } from "../contracts/task.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import type { Registry } from "../plugins/registry.ts";
import type { ModelFolder } from "./model-folder.ts";
import type { ShownModel } from "./shown-model.ts";

/**
 * A layers model with its task: the one that files beside it name, else the one that knows its outputs.
 *
 * @throws KDF_INPUT_FORMAT for a model that no task knows
 */
export async function describedModel(
  registry: Registry,
  described: ModelFolder["described"],
  directory: string,
  load: (outputsOf: (raw: readonly RawOutput[]) => Outputs) => Promise<Omit<ShownModel, "task">>,
): Promise<ShownModel> {
  const ids = described === undefined ? registry.ids("tasks") : [described.task];
  const tasks = await Promise.all(ids.map(async (id) => (await registry.find("tasks", id)).provider.task));
  let task: Task | undefined;
  const model = await load((raw) => {
    for (const each of tasks) {
      const outputs = described?.outputs ?? each.recognise?.(raw);
      if (outputs === undefined) continue;
      task = each;
      return outputs;
    }
    throw unknownModel(directory, raw);
  });
  if (task === undefined) throw new KdflowError("KDF_INTERNAL", "a model was loaded without asking for its outputs");
  return { ...model, task };
}

function unknownModel(directory: string, raw: readonly RawOutput[]): KdflowError {
  const [first] = raw;
  const shape = ["any", ...(first?.shape ?? []).map((size) => size ?? "any")].join(", ");
  const message = `the model in "${directory}" gives ${raw.length} outputs, the first of shape [${shape}], not one row of scores per image`;
  return new KdflowError("KDF_INPUT_FORMAT", message, {
    hint: "a classifier gives [batch, classes]; models of other tasks need the description.json that kdflow writes beside them",
  });
}
