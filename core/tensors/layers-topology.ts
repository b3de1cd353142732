type Json = Readonly<Record<string, unknown>>;

/** A layer as `model.json` writes it. */
interface LayerJson {
  readonly name: string;
  readonly className: string;
  readonly config: Json;
  /** For each time the layer is used, the names of the layers it takes with the numbers of their uses. */
  readonly uses: readonly (readonly (readonly [string, number])[])[];
}

const isMap = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Checks that a layers model can be built: TensorFlow.js waits for ever for a layer, or a use of one, that never comes.
 *
 * @returns what is wrong, or `undefined`
 */
export function topologyProblem(topology: unknown, depth = 0): string | undefined {
  if (depth > 20) return "models are nested too deep";
  const wrapped = isMap(topology) ? (topology["model_config"] ?? topology) : undefined;
  const config = isMap(wrapped) ? wrapped["config"] : undefined;
  const list = Array.isArray(config) ? config : isMap(config) ? config["layers"] : undefined;
  if (!Array.isArray(list)) return "it has no list of layers";
  const layers: LayerJson[] = [];
  for (const [i, each] of list.entries()) {
    const layer = readLayer(each);
    if (typeof layer === "string") return `layer ${i + 1} ${layer}`;
    const inner = Array.isArray(layer.config["layers"]) ? topologyProblem(each, depth + 1) : undefined;
    if (inner !== undefined) return `"${layer.name}": ${inner}`;
    layers.push(layer);
  }
  return orderProblem(layers);
}

function readLayer(value: unknown): LayerJson | string {
  if (!isMap(value)) return "is no map";
  const { class_name: className, config, inbound_nodes: nodes = [] } = value;
  if (typeof className !== "string" || !isMap(config)) return "has no class or no configuration";
  const name = value["name"] ?? config["name"];
  if (name !== undefined && typeof name !== "string") return "has a name that is no text";
  if (!Array.isArray(nodes)) return "has inbound nodes that are no list";
  const uses: (readonly (readonly [string, number])[])[] = [];
  for (const written of nodes) {
    const node = linksOf(written) ?? written;
    if (!Array.isArray(node))
      return "takes tensors as no layer of Keras 2 does; save the model with tf_keras, or as a SavedModel";
    const links: (readonly [string, number])[] = [];
    for (const link of node) {
      const [from, use, tensor] = Array.isArray(link) ? (link as unknown[]) : [];
      if (typeof from !== "string" || !isIndex(use) || !isIndex(tensor))
        return "has an inbound node that names no layer";
      links.push([from, use]);
    }
    uses.push(links);
  }
  return { name: name ?? "", className, config, uses };
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Follows the links: every use of a layer has to come after those that it takes. */
function orderProblem(layers: readonly LayerJson[]): string | undefined {
  const waiting = new Map<string, LayerJson>(layers.map((layer) => [layer.name, layer]));
  if (layers.some(({ uses }) => uses.length > 0) && waiting.size < layers.length) return "two layers have one name";
  const usesOf = ({ uses }: LayerJson): number => Math.max(1, uses.length);
  const done = new Set<string>();
  let open = layers.flatMap((layer) => Array.from({ length: usesOf(layer) }, (_, use) => ({ layer, use })));
  for (let before = -1; open.length > 0 && open.length !== before; ) {
    before = open.length;
    open = open.filter(({ layer, use }) => {
      const ready = (layer.uses[use] ?? []).every(([from, at]) => done.has(`${at} ${from}`));
      if (ready) done.add(`${use} ${layer.name}`);
      return !ready;
    });
  }
  const [stuck] = open;
  if (stuck === undefined) return undefined;
  const [from, at] = (stuck.layer.uses[stuck.use] ?? []).find(([name, use]) => !done.has(`${use} ${name}`)) ?? ["", 0];
  const source = waiting.get(from);
  if (source === undefined) return `"${stuck.layer.name}" takes "${from}", which is no layer of it`;
  if (at >= usesOf(source))
    return `"${stuck.layer.name}" takes use ${at} of "${from}", which is used ${usesOf(source)} times`;
  return `"${stuck.layer.name}" takes "${from}", which takes it in turn`;
}

/** The links of a node of Keras 3 as Keras 2 wrote them; `undefined` where it is none, or takes some by name. */
function linksOf(node: unknown): readonly unknown[] | undefined {
  if (!isMap(node) || !Array.isArray(node["args"]) || !isMap(node["kwargs"])) return undefined;
  const from = (tensor: unknown): unknown =>
    isMap(tensor) && isMap(tensor["config"]) ? tensor["config"]["keras_history"] : undefined;
  const links = node["args"].flat().map(from);
  const byName = Object.values(node["kwargs"]).flat().map(from);
  if (!links.every(Array.isArray) || byName.some(Array.isArray)) return undefined;
  return links.map((link: readonly unknown[]) => [...link, {}]);
}

/**
 * A topology of Keras 3 as TensorFlow.js reads those of Keras 2: `batch_shape` is `batch_input_shape` there, types are
 * names, and layers list what they take as `[layer, use, tensor, {}]`.
 */
export function withKnownNames<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withKnownNames) as T;
  if (!isMap(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => {
    if (key === "batch_shape" && !Object.hasOwn(value, "batch_input_shape")) return ["batch_input_shape", item];
    if (key === "inbound_nodes" && Array.isArray(item)) return [key, item.map((node) => linksOf(node) ?? node)];
    const isOne = /^(in|out)put_layers$/.test(key) && Array.isArray(item) && typeof item[0] === "string";
    // Keras 3 writes the type of a layer as a policy: { class_name: DTypePolicy, config: { name: float32 } }.
    const policy = key === "dtype" && isMap(item) && isMap(item["config"]) ? item["config"]["name"] : undefined;
    return [key, isOne ? [item] : (policy ?? withKnownNames(item))];
  });
  return Object.fromEntries(entries) as T;
}
