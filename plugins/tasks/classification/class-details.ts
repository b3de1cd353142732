/** What is told of single classes beside the scores, as plain data. */
export interface ClassDetails {
  /** In the order of the matrix; keys that are numbers lose it. */
  readonly classNames: readonly string[];
  /** By class: the share of its images that is right (null where it has none), and how many it has. */
  readonly perCategory: Readonly<Record<string, { readonly accuracy: number | null; readonly images: number }>>;
  /** `[classes][classes]`, images by true class and answer, of few classes. */
  readonly confusion?: readonly (readonly number[])[];
  /** The commonest mistakes, of many classes. */
  readonly mistakes?: readonly { readonly truth: string; readonly answer: string; readonly images: number }[];
}

/** A larger matrix is not read by anybody. */
const mostInMatrix = 30;
const mostMistakes = 20;

/** Counts answers by true class. */
export class ConfusionCount {
  readonly #classNames: readonly string[];
  /** By `truth * classes + answer`. */
  readonly #counts = new Map<number, number>();

  constructor(classNames: readonly string[]) {
    this.#classNames = classNames;
  }

  /** @param answer -1 where there is none, which counts as an image of its class that is wrong */
  add(truth: number, answer: number): void {
    const place = truth * this.#width + answer;
    this.#counts.set(place, (this.#counts.get(place) ?? 0) + 1);
  }

  details(): ClassDetails {
    const classes = this.#classNames.length;
    const total = new Float64Array(classes);
    for (const [place, count] of this.#counts) {
      const truth = this.#truthOf(place);
      total[truth] = (total[truth] ?? 0) + count;
    }
    const perCategory = this.#classNames.map((name, truth) => {
      const images = total[truth] ?? 0;
      return [name, { accuracy: images === 0 ? null : this.#count(truth, truth) / images, images }] as const;
    });
    const told = { classNames: this.#classNames, perCategory: Object.fromEntries(perCategory) };
    return classes <= mostInMatrix ? { ...told, confusion: this.#matrix() } : { ...told, mistakes: this.#mistakes() };
  }

  /** One more than there are classes, so that an answer of -1 has a place of its own. */
  get #width(): number {
    return this.#classNames.length + 1;
  }

  #truthOf(place: number): number {
    return Math.floor((place + 1) / this.#width);
  }

  #count(truth: number, answer: number): number {
    return this.#counts.get(truth * this.#width + answer) ?? 0;
  }

  #matrix(): number[][] {
    return this.#classNames.map((_truth, truth) =>
      this.#classNames.map((_answer, answer) => this.#count(truth, answer)),
    );
  }

  #mistakes(): NonNullable<ClassDetails["mistakes"]> {
    const pairs = [...this.#counts].flatMap(([place, images]) => {
      const truth = this.#truthOf(place);
      const answer = place - truth * this.#width;
      const [from, to] = [this.#classNames[truth], this.#classNames[answer]];
      return from === undefined || to === undefined || truth === answer
        ? []
        : [{ place, truth: from, answer: to, images }];
    });
    const common = pairs.sort((a, b) => b.images - a.images || a.place - b.place).slice(0, mostMistakes);
    return common.map(({ truth, answer, images }) => ({ truth, answer, images }));
  }
}
