/** Labels of several sources one after the other, each class at its place in `classNames`; −1 stays. */
export function joinLabels(
  parts: readonly { readonly truth: Int32Array; readonly classNames: readonly string[] }[],
  classNames: readonly string[],
): Int32Array {
  return Int32Array.from(
    parts.flatMap(({ truth, classNames: own }) => {
      const places = own.map((name) => classNames.indexOf(name));
      return Array.from(truth, (label) => places[label] ?? -1);
    }),
  );
}
