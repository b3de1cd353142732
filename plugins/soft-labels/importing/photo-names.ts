import { KdflowError } from "../../../core/index.ts";
import { stemOf } from "../../data/boxes/photo-finder.ts";

/** A photo of the data; copies of a file are several samples. */
export interface NamedSample {
  readonly split: string;
  readonly sample: number;
}

interface NamedFile extends NamedSample {
  /** Folders and name, the name first. */
  readonly parts: readonly string[];
}

/** Finds photos of the data by the names that others give them: with or without folders, or without their ending. */
export class PhotoNames {
  readonly #byName = new Map<string, NamedFile[]>();

  /** @param files of each sample, by split */
  constructor(files: Readonly<Record<string, readonly (readonly string[])[]>>) {
    for (const [split, samples] of Object.entries(files)) {
      for (const [sample, paths] of samples.entries()) {
        for (const path of paths) {
          const parts = partsOf(path);
          const [name = ""] = parts;
          for (const key of new Set([name, stemOf(name), ...numberOf(stemOf(name))])) {
            this.#byName.set(key, [...(this.#byName.get(key) ?? []), { split, sample, parts }]);
          }
        }
      }
    }
  }

  /**
   * The samples of a photo; none of one that the data does not have. Of several of the same name the one counts whose
   * folders are most alike.
   *
   * @param name a number stands for a name of digits, whatever zeros come first
   * @throws KDF_INPUT_IMAGE_IDS where folders do not tell several photos apart
   */
  find(name: string | number): readonly NamedSample[] {
    const parts = partsOf(String(name));
    const [last = ""] = parts;
    const found = this.#byName.get(typeof name === "number" ? numberKey(name) : last) ?? [];
    const alike = found.map((file) => sharedFolders(file.parts, parts));
    const most = Math.max(...alike);
    const best = found.filter((_, at) => alike[at] === most);
    if (new Set(best.map(({ parts: own }) => own.join("/"))).size > 1 && !areCopies(best)) {
      throw new KdflowError("KDF_INPUT_IMAGE_IDS", `"${name}" is the name of ${best.length} photos of the data`, {
        hint: [
          ...best.slice(0, 3).map(({ parts: own }) => `"${own.toReversed().join("/")}"`),
          "give names with the folders that tell them apart",
        ],
      });
    }
    return best;
  }
}

/** Whether all files are of the same samples. */
function areCopies(files: readonly NamedFile[]): boolean {
  const samples = new Map<string, string[]>();
  for (const { parts, split, sample } of files) {
    const path = parts.join("/");
    samples.set(path, [...(samples.get(path) ?? []), `${split} ${sample}`]);
  }
  return new Set([...samples.values()].map((own) => own.sort().join())).size === 1;
}

function partsOf(path: string): string[] {
  return path
    .split(/[\\/]/)
    .filter((part) => part !== "" && part !== ".")
    .reverse();
}

function numberKey(id: number): string {
  return `number ${id}`;
}

function numberOf(stem: string): string[] {
  return /^\d+$/.test(stem) ? [numberKey(Number(stem))] : [];
}

function sharedFolders(one: readonly string[], other: readonly string[]): number {
  const at = one.findIndex((part, place) => place > 0 && part !== other[place]);
  return at < 0 ? one.length : at;
}
