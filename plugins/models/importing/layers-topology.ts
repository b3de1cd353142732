import type { ImageSize } from "../../../core/index.ts";

interface LayerJson {
  class_name?: string;
  name?: string;
  config?: Record<string, unknown>;
}

/** Sets the size of a model's input where its file leaves it free. */
export function bindTopology(topology: object, inputName: string, { height, width, channels }: ImageSize): void {
  const input = layersOf(topology).find((layer) => nameOf(layer) === inputName);
  if (input?.config === undefined) return;
  input.config["batch_input_shape"] = [null, height, width, channels];
}

/**
 * Takes the softmax off a model's last layer.
 *
 * @returns whether there was one
 */
export function withoutSoftmax(topology: object, outputName: string): boolean {
  const output = layersOf(topology).find((layer) => nameOf(layer) === outputName);
  if (output?.config === undefined) return false;
  if (output.class_name === "Softmax") {
    output.class_name = "Activation";
    output.config = { name: output.config["name"], trainable: true, dtype: "float32", activation: "linear" };
    return true;
  }
  if (output.config["activation"] !== "softmax") return false;
  output.config["activation"] = "linear";
  return true;
}

function layersOf(topology: object): LayerJson[] {
  const { model_config: wrapped } = topology as { readonly model_config?: object };
  const { config } = (wrapped ?? topology) as { readonly config?: LayerJson[] | { readonly layers?: LayerJson[] } };
  return Array.isArray(config) ? config : (config?.layers ?? []);
}

function nameOf({ config, name }: LayerJson): unknown {
  return config?.["name"] ?? name;
}
