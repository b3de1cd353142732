import type { PixelEdit, View } from "../../../core/index.ts";

/** The view with edits after those that it has. */
export function editView(view: View, ...edits: readonly PixelEdit[]): View {
  return edits.length === 0 ? view : { ...view, edits: [...(view.edits ?? []), ...edits] };
}
