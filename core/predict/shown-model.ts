import type { Task } from "../contracts/task.ts";
import type { LoadedModel } from "../tensors/load-predictor.ts";

/** A model whose answers can be read and shown. */
export interface ShownModel extends LoadedModel {
  readonly task: Task;
  /** Its own class names, where it knows them. */
  readonly classNames?: readonly string[];
  /** The backend or runtime that runs it. */
  readonly runsOn: string;
}
