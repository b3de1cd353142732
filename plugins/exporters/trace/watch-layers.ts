import type { LayersModel } from "@tensorflow/tfjs";

export interface LayerCall {
  readonly name: string;
  readonly className: string;
}

type WatchedLayer = LayersModel["layers"][number];

/** Which layer is being applied. */
export interface LayerWatch {
  /** The innermost one. */
  current(): LayerCall | undefined;
  /** Leaves the layers as they were. */
  end(): void;
}

/** Notes, until it ends, which of a model's layers is being applied; those of models inside it too. */
export function watchLayers(model: LayersModel): LayerWatch {
  const calls: LayerCall[] = [];
  const watched = [...new Set(allLayers(model))];
  for (const layer of watched) {
    const call = { name: layer.name, className: layer.getClassName() };
    const stock = layer.apply;
    const apply: WatchedLayer["apply"] = (inputs, options) => {
      calls.push(call);
      try {
        return stock.call(layer, inputs, options);
      } finally {
        calls.pop();
      }
    };
    Object.defineProperty(layer, "apply", { value: apply, configurable: true });
  }
  return {
    current: () => calls.at(-1),
    end() {
      for (const layer of watched) Reflect.deleteProperty(layer, "apply");
    },
  };
}

function allLayers(model: LayersModel): WatchedLayer[] {
  return model.layers.flatMap((layer) => ("layers" in layer ? [layer, ...allLayers(layer as LayersModel)] : [layer]));
}
