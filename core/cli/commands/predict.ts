import { stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import type { Backend } from "../../contracts/backend.ts";
import type { PhotoFit, PhotoReader, SheetEntry } from "../../contracts/photo-reader.ts";
import type { Show } from "../../contracts/task.ts";
import { KdflowError } from "../../errors/kdflow-error.ts";
import { allowedHint } from "../../errors/nearest.ts";
import type { HookEvents } from "../../plugins/hooks.ts";
import type { DataProvider } from "../../plugins/provider.ts";
import type { Registry } from "../../plugins/registry.ts";
import { describedModel } from "../../predict/described-model.ts";
import { type ImagePrediction, predictImages } from "../../predict/predict-images.ts";
import type { ShownModel } from "../../predict/shown-model.ts";
import { openTeacherModel } from "../../predict/teacher-model.ts";
import { formatPredictions } from "../../report/prediction-text.ts";
import { formatWarning } from "../../report/warning-text.ts";
import { registeredBackend } from "../../run/registered-backend.ts";
import { loadPredictor } from "../../tensors/load-predictor.ts";
import { openPhotoReader } from "../builtins.ts";
import type { Command, CommandArguments } from "../command.ts";
import { registryFor } from "../named-registry.ts";
import type { CommandOutput } from "../output.ts";
import { type NamedModel, namedClasses, openNamedModel } from "../predicted-model.ts";

/** Thumbnails of contact sheets; those of more images are left out, and said to be. */
const mostThumbnails = 2000;

/** `kdflow predict`: what a model from disk or of a run says of image files. */
export const command: Command = async (args, output) => {
  const [, ...images] = args.positionals;
  const top = topOf(args);
  const fit = fitOf(args);
  const sheet = await sheetOf(args);
  const model = await openNamedModel(args, output);
  const named = await namedClasses(args, model);
  const reader = await openPhotoReader();
  try {
    const registry = await registryFor(model);
    const backend = async (): Promise<Backend> =>
      (await registeredBackend(args.value("backend") ?? "auto", registry)).load();
    const loaded = await loadNamed(model, registry, backend, output);
    try {
      const classNames = named.checked(loaded);
      const { show } = loaded.task;
      const predictions: ImagePrediction[] = [];
      const add = (prediction: ImagePrediction): void => {
        predictions.push(prediction);
        if (args.has("json")) report(prediction, show, output);
      };
      const paths: string[] = [];
      for (const image of images) {
        const found = await reader.find(image);
        if ("paths" in found) paths.push(...found.paths);
        else add({ file: image, reason: found.reason });
      }
      const request = {
        model: loaded,
        classNames,
        reader,
        fit: fit ?? (await fitOfData(model, registry)) ?? "crop",
        top,
      };
      for await (const prediction of predictImages(paths, request)) add(prediction);
      const sheets = sheet === undefined ? [] : await writeSheets(sheet, predictions, show, reader, output);
      const facts = { model: model.directory, backend: loaded.runsOn, sheets };
      return finish(args, output, predictions, show, facts);
    } finally {
      loaded.dispose();
    }
  } finally {
    await reader.close();
  }
};

/** How the photos that a model was trained on were fitted, where a run tells. */
async function fitOfData({ data }: NamedModel, registry: Registry): Promise<PhotoFit | undefined> {
  if (data === undefined) return undefined;
  const { provider } = await registry.find("data", data.provider);
  return (provider as DataProvider<object>).fitOf?.(data.options);
}

/** Loads a layers model, or has a teacher read what is none. */
async function loadNamed(
  { directory, teacher, described }: NamedModel,
  registry: Registry,
  backend: () => Promise<Backend>,
  output: CommandOutput,
): Promise<ShownModel> {
  if (teacher !== undefined) {
    const { style } = output.capabilities;
    const says = ({ event, message }: HookEvents["warning"]): void =>
      output.say(formatWarning({ stage: undefined, event, message }, style));
    registry.hooks.warning.tap("predict", says);
    return openTeacherModel(teacher, { registry, backend });
  }
  const loaded = await backend();
  return describedModel(registry, described, directory, async (outputsOf) => ({
    ...(await loadPredictor(loaded, logTo(output), directory, outputsOf)),
    runsOn: loaded.id,
  }));
}

function report(image: ImagePrediction, show: Show<unknown>, output: CommandOutput): void {
  if ("reason" in image) output.event("badImage", image);
  else output.event("prediction", { file: image.file, ...show.data(image.prediction) });
}

function finish(
  args: CommandArguments,
  output: CommandOutput,
  predictions: readonly ImagePrediction[],
  show: Show<unknown>,
  facts: { readonly model: string; readonly backend: string; readonly sheets: readonly string[] },
): 0 | 1 {
  const failed = predictions.filter((prediction) => "reason" in prediction);
  const images = predictions.length - failed.length;
  if (args.has("json")) {
    output.event("predicted", { ...facts, images, failed: failed.length });
  } else {
    for (const line of formatPredictions(predictions, show)) output.result(line);
    for (const { file, reason } of failed)
      output.say(`${output.capabilities.style.red("bad image:")} ${file}: ${reason}`);
    const sheets = facts.sheets.length === 0 ? "" : `, contact sheet in ${facts.sheets.join(", ")}`;
    const bad = failed.length === 0 ? "" : `, ${failed.length} failed`;
    output.say(`${images} ${images === 1 ? "image" : "images"} predicted${bad}${sheets}`);
  }
  return failed.length > 0 ? 1 : 0;
}

async function writeSheets(
  file: string,
  predictions: readonly ImagePrediction[],
  show: Show<unknown>,
  reader: PhotoReader,
  output: CommandOutput,
): Promise<readonly string[]> {
  const entries = predictions.flatMap((image): readonly SheetEntry[] => {
    if ("reason" in image) return [];
    const { file: path, prediction } = image;
    return [{ path, caption: show.caption(prediction), marks: show.marks?.(prediction) ?? [] }];
  });
  if (entries.length > mostThumbnails) {
    output.say(`the contact sheet shows the first ${mostThumbnails} of ${entries.length} images`);
  }
  return reader.writeSheet(file, entries.slice(0, mostThumbnails));
}

function logTo(output: CommandOutput): Parameters<typeof loadPredictor>[1] {
  const { style } = output.capabilities;
  const quiet = (): void => undefined;
  return {
    info: quiet,
    debug: quiet,
    warn: (event, { message }) => output.say(formatWarning({ stage: undefined, event, message }, style)),
  };
}

function topOf(args: CommandArguments): number {
  const text = args.value("top") ?? "3";
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new KdflowError("KDF_CLI_USAGE", `--top is "${text}", not a number of classes`, {
    hint: "a whole number from 1 on, such as --top 5",
  });
}

function fitOf(args: CommandArguments): PhotoFit | undefined {
  const fit = args.value("fit");
  if (fit === undefined || fit === "crop" || fit === "stretch") return fit;
  throw new KdflowError("KDF_CLI_USAGE", `--fit is "${fit}"`, { hint: allowedHint(fit, ["crop", "stretch"]) });
}

/** Looks before anything is computed whether the sheet can be written. */
async function sheetOf(args: CommandArguments): Promise<string | undefined> {
  const file = args.value("sheet");
  if (file === undefined) return undefined;
  if (extname(file).toLowerCase() !== ".png") {
    throw new KdflowError("KDF_CLI_USAGE", `--sheet is "${file}", and contact sheets are PNG files`, {
      hint: "give it a name that ends in .png",
    });
  }
  const folder = await stat(dirname(file)).catch(() => undefined);
  if (folder?.isDirectory() === true) return file;
  throw new KdflowError("KDF_INPUT_MISSING_FILE", `there is no folder "${dirname(file)}" for the contact sheet`, {
    hint: "make the folder first",
  });
}
