import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Backend } from "../../core/index.ts";
import { nativeBackend } from "../../plugins/backends/tensorflow/native-backend.ts";

export interface LoadedGraphs extends Disposable {
  /** The saved models that were loaded so far, as text: names of nodes and operations can be looked for. */
  readonly graphs: readonly string[];
}

/** Notes the graphs that TensorFlow is given. */
export function loadedGraphs({ tf }: Backend): LoadedGraphs {
  const native = nativeBackend(tf);
  const addon = native.binding;
  const graphs: string[] = [];
  const loadSavedModel = (directory: string, tags: string): number => {
    graphs.push(readFileSync(join(directory, "saved_model.pb"), "latin1"));
    return addon.loadSavedModel(directory, tags);
  };
  native.binding = Object.create(addon, { loadSavedModel: { value: loadSavedModel } });
  return {
    graphs,
    [Symbol.dispose]() {
      native.binding = addon;
    },
  };
}

/** How often an operation comes in a graph's nodes. */
export function countOf(graph: string, operation: string): number {
  // a node is its name (field 1), then its operation (field 2): tag, length, text
  return graph.split(`\x12${String.fromCharCode(operation.length)}${operation}`).length - 1;
}
