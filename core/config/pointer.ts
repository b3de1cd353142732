import type { ConfigNode } from "./config-node.ts";
import type { Span } from "./source-text.ts";

/** The segments of a JSON pointer (RFC 6901), unescaped. */
export function pointerSegments(pointer: string): string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The pointer of a child. */
export function childPointer(pointer: string, segment: string | number): string {
  return `${pointer}/${String(segment).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function childNode(node: ConfigNode, segment: string): ConfigNode | undefined {
  if (node.kind === "map") return node.entries.get(segment)?.value;
  return node.kind === "list" ? node.items[Number(segment)] : undefined;
}

/** The nearest thing to a pointer that is written down. */
interface Found {
  readonly node: ConfigNode;
  /** The key that holds the node; `undefined` at the root and in lists. */
  readonly key: Span | undefined;
  /** True when the whole pointer was found; false when `node` is an ancestor. */
  readonly exact: boolean;
}

/**
 * Follows a pointer as far as it is written down. Validated options hold what the file does not: `use` of a short
 * form, `options` of a loss term. For these the value around them is what is written.
 */
export function findNode(root: ConfigNode, pointer: string): Found {
  let node = root;
  let key: Span | undefined;
  for (const segment of pointerSegments(pointer)) {
    const child = childNode(node, segment);
    if (child === undefined) {
      if (segment === "options" && node.kind === "map") continue;
      return { node, key, exact: false };
    }
    key = node.kind === "map" ? node.entries.get(segment)?.key : undefined;
    node = child;
  }
  return { node, key, exact: true };
}

/**
 * Where to put the caret for a value: scalars at themselves; maps, lists and what is empty at the key that holds them.
 */
export function caretSpan({ node, key }: { readonly node: ConfigNode; readonly key: Span | undefined }): Span {
  const isVisible = node.kind === "scalar" && node.span.end > node.span.start;
  return isVisible ? node.span : (key ?? node.span);
}
