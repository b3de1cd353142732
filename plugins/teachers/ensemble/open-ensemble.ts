import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ImageSize, type PortValues, plainView, type StageContext, type Teacher } from "../../../core/index.ts";
import { renderView } from "../../data/rendering/render.ts";
import type { TeacherEnsembleOptions } from "../../options.ts";
import { classificationId, classifierOutputs } from "../../tasks/classification/names.ts";
import { askTeacher } from "../asking/ask-teacher.ts";
import { assertSameClasses, memberWeights, writtenMembers } from "./members.ts";

/**
 * Opens the members and makes one teacher of them. Its input is as large as the largest member's.
 *
 * @throws KDF_PLAN_CLASSES
 */
export async function openEnsemble(
  { directory, digest }: { readonly directory: string; readonly digest: string },
  options: TeacherEnsembleOptions,
  context: StageContext,
  inputs: PortValues,
): Promise<Teacher> {
  const owned: Teacher[] = [];
  const dispose = (): void => {
    for (const member of owned) member.dispose();
  };
  try {
    for (const { folder, provider, options: own } of writtenMembers(options, context)) {
      const artifact = { directory: join(directory, folder), digest: await digestOf(join(directory, folder)) };
      owned.push(await provider.open(artifact, own, context));
    }
    // those on the port belong to whoever opened them
    const members = [...owned, ...((inputs["members"] ?? []) as readonly Teacher[])];
    assertSameClasses(members.map(({ classNames }, place) => ({ name: `member ${place + 1}`, classNames })));
    const [first] = members;
    const imageSize = largest(members.map((member) => member.imageSize));
    const ensemble = { members, weights: memberWeights(options, members.length), average: options.average };
    const teacher: Teacher = {
      task: classificationId,
      classNames: first?.classNames ?? [],
      outputs: classifierOutputs(first?.classNames.length ?? 0),
      imageSize,
      digest,
      preprocessing: members.map(({ preprocessing }) => preprocessing).join("; "),
      ensemble,
      predict: (pixels, count) => askTeacher(teacher, count, async (size) => resized(pixels, count, imageSize, size)),
      dispose,
    };
    return teacher;
  } catch (error) {
    dispose();
    throw error;
  }
}

function largest(sizes: readonly ImageSize[]): ImageSize {
  return sizes.reduce((most, size) => (size.height * size.width > most.height * most.width ? size : most));
}

/** Images of one size at another; as they are where it is the same. */
function resized(pixels: Uint8Array, count: number, from: ImageSize, to: ImageSize): Uint8Array {
  if (from.height === to.height && from.width === to.width && from.channels === to.channels) return pixels;
  const source = from.height * from.width * from.channels;
  const target = to.height * to.width * to.channels;
  const out = new Uint8Array(count * target);
  for (let image = 0; image < count; image++) {
    const own = pixels.subarray(image * source, (image + 1) * source);
    renderView(own, from, plainView, to, out.subarray(image * target, (image + 1) * target));
  }
  return out;
}

/** SHA-256 over the files of a member's artifact. */
async function digestOf(directory: string): Promise<string> {
  const hash = createHash("sha256");
  for (const name of (await readdir(directory)).sort()) {
    hash.update(`${name}\n`).update(await readFile(join(directory, name)));
  }
  return hash.digest("hex");
}
