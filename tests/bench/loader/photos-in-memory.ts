import {
  type Dataset,
  type DatasetSplit,
  definePlugin,
  defineProvider,
  type ImageSize,
  type Plugin,
} from "../../../core/index.ts";
import { imageFolder } from "../../../plugins/data/image-folder.ts";

interface PhotosInMemoryOptions {
  readonly root: string;
  readonly imageSize: number;
  readonly limit: number;
}

const folderOptions = (options: PhotosInMemoryOptions) =>
  ({ ...options, validation: 0, test: 0, maxBadImages: 0, fit: "crop", cache: false, augment: [] }) as never;

/** Photos that were all decoded before the training begins: giving a batch is copying it. */
const photosInMemory = defineProvider<"data", PhotosInMemoryOptions>("data", {
  id: "photos-in-memory",
  task: "classification",
  summary: "photos decoded ahead",
  cacheVersion: 1,
  seeded: true,
  schema: {
    type: "object",
    description: "Photos decoded ahead.",
    additionalProperties: false,
    required: ["root", "imageSize", "limit"],
    properties: {
      root: { type: "string", description: "Folder with one sub-folder per class." },
      imageSize: { type: "integer", description: "Side in pixels." },
      limit: { type: "integer", description: "So many photos at most." },
    },
  },
  fingerprint: async (options, context) => (await imageFolder.fingerprint?.(folderOptions(options), context)) ?? {},
  async describe(options, inputs, context) {
    const described = await imageFolder.describe?.(folderOptions(options), inputs, context);
    return described ?? { classNames: [], imageSize: { height: 0, width: 0, channels: 3 } };
  },
  run: (options, inputs, context) => imageFolder.run(folderOptions(options), inputs, context),
  async open(artifact, options, context): Promise<Dataset> {
    const dataset = await imageFolder.open(artifact, folderOptions(options), context);
    const train = await inMemory(dataset.splits.train, dataset.imageSize);
    return { ...dataset, splits: { ...dataset.splits, train } };
  },
});

async function inMemory(split: DatasetSplit, size: ImageSize): Promise<DatasetSplit> {
  const bytes = size.height * size.width * size.channels;
  const all = new Uint8Array(new SharedArrayBuffer(split.count * bytes));
  const indices = Uint32Array.from({ length: split.count }, (_, index) => index);
  await split.render(indices, undefined, size, all);
  return {
    ...split,
    async render(wanted, _views, _size, out) {
      for (let place = 0; place < wanted.length; place++) {
        const index = wanted[place] ?? 0;
        out.set(all.subarray(index * bytes, (index + 1) * bytes), place * bytes);
      }
    },
  };
}

export const benchPlugin: Plugin = definePlugin({
  name: "kdflow-bench-loader",
  version: "1.0.0",
  kdflow: "^1",
  providers: [photosInMemory],
});
