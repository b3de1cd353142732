import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunReport } from "../../../core/index.ts";
import type { ShownPicture } from "../../evaluators/scoring/shown-pictures.ts";
import { html, type Markup } from "./markup.ts";

/** Pictures of one evaluation. */
export interface StagePictures {
  readonly stage: string;
  readonly pictures: readonly ShownPicture[];
}

const titles = { right: "right", wrong: "wrong", worst: "the worst mistakes" } as const;
const groups = ["right", "wrong", "worst"] as const;

/** Reads what the evaluations of a run stored to be shown; those that stored nothing are left out. */
export async function readPictures({ record, artifacts }: RunReport): Promise<readonly StagePictures[]> {
  const found: StagePictures[] = [];
  for (const { stage, kind, key } of record.stages) {
    if (kind !== "evaluate" || key === undefined || artifacts === undefined) continue;
    const pictures = await readFile(join(artifacts, key, "pictures.json"), "utf8")
      .then((text) => JSON.parse(text) as readonly ShownPicture[])
      .catch(() => []);
    found.push({ stage, pictures });
  }
  return found;
}

/** A few images with what the student made of them. */
export function picturesSection(all: readonly StagePictures[]): Markup | undefined {
  const shown = all.filter(({ pictures }) => pictures.length > 0);
  if (shown.length === 0) return undefined;
  return html`<section><h2>pictures</h2>
${shown.map(({ stage, pictures }) =>
  groups.map((group) => {
    const own = pictures.filter((picture) => picture.group === group);
    return own.length === 0
      ? undefined
      : html`<h3>${stage}: ${titles[group]}</h3>\n<div class="pictures">${own.map(figure)}</div>\n`;
  }),
)}</section>
`;
}

function figure({ image, truth, answer, sure, ofTruth, png }: ShownPicture): Markup {
  const isBase64 = /^[A-Za-z0-9+/=]*$/u.test(png);
  const told = truth === answer ? truth : `${answer} (${percent(sure)}) for ${truth} (${percent(ofTruth)})`;
  return html`<figure>${isBase64 ? html`<img alt="image ${image}" src="data:image/png;base64,${png}"/>` : undefined}<figcaption>${told}</figcaption></figure>
`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
