import type { PhotoLabels } from "./photo-labels.ts";

/** A photo under the name that label files give it: from the photos' folder, with `/`. */
export interface NamedPhoto extends PhotoLabels {
  readonly name: string;
}

/** What is written in a format, and how it is read again. */
export interface LabelFiles {
  /** Texts by path, with `/`, from the folder of the export. */
  readonly files: ReadonlyMap<string, string>;
  /** Options of the stage `data` that takes the files back. */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface LabelRequest {
  readonly photos: readonly NamedPhoto[];
  readonly classNames: readonly string[];
  /** The folder from which names of photos start; absolute. */
  readonly photoRoot: string;
  /** Where the files will lie; absolute. */
  readonly folder: string;
}

/**
 * Why a photo's labels could not be told from those of others, or could not be found again: a sentence's end, or
 * `undefined`.
 */
export type NameProblem = (photo: NamedPhoto) => string | undefined;

/** A form of label files. */
export interface LabelFormat {
  problems(request: LabelRequest): Promise<NameProblem>;
  write(request: LabelRequest): LabelFiles;
}
